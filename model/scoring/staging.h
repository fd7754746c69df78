#ifndef ADVAE_MODEL_SCORING_STAGING_H_
#define ADVAE_MODEL_SCORING_STAGING_H_

#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// The folder for what is not published yet, or not quite deleted: <root>/.staging, on the same file
// system as the models, so that moving in and out is an atomic rename. Entries are called
// <pid>-<start time of the process>-<random>, which tells who made them even when a process
// identifier is used again.
//
// Thread-safe: holds no state but the path. Errors as in file_io.h.
class StagingArea {
 public:
  explicit StagingArea(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A path in the folder, which is created when absent, that nothing and nobody else uses.
  absl::StatusOr<std::filesystem::path> NewPath() const;
  // The same, as a new empty folder.
  absl::StatusOr<std::filesystem::path> NewFolder() const;

  // Removes entries that no living process of this machine made and in which nothing has changed
  // for a day: other machines or containers may share the repository.
  absl::Status RemoveStale() const;

 private:
  std::filesystem::path folder_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_STAGING_H_
