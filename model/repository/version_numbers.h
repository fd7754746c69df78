#ifndef ADVAE_MODEL_REPOSITORY_VERSION_NUMBERS_H_
#define ADVAE_MODEL_REPOSITORY_VERSION_NUMBERS_H_

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/repository/staging.h"

namespace advae {

// The highest number that a version may have: all up to it are exact in JSON, and in metrics. A
// folder with a higher number is no version.
inline constexpr uint64_t kMaxVersion = (uint64_t{1} << 53) - 1;

// The numbers that the models of a repository have used, in <root>/.numbers/<model>.json, where
// they outlive the models. Thread-safe: holds no state but the path; whoever records a number holds
// the model's lock. Errors as in file_io.h.
class VersionNumbers {
 public:
  explicit VersionNumbers(const std::filesystem::path& root) : folder_(root / ".numbers") {}

  // The highest number that was recorded for a model; 0 when none was. kDataLoss when the file does
  // not parse.
  absl::StatusOr<uint64_t> Highest(std::string_view model) const;

  // Records `number`, unless a higher one is recorded. Replaces a damaged file, which then counts
  // as one with `highest_possible` (HighestPossible).
  absl::Status Record(const StagingArea& staging, std::string_view model, uint64_t number,
                      uint64_t highest_possible) const;

  // The highest number of all models. Files that cannot be read are passed over.
  uint64_t HighestOfAll() const;

 private:
  std::filesystem::path PathOf(std::string_view model) const;

  std::filesystem::path folder_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_VERSION_NUMBERS_H_
