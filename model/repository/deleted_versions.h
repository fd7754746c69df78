#ifndef ADVAE_MODEL_REPOSITORY_DELETED_VERSIONS_H_
#define ADVAE_MODEL_REPOSITORY_DELETED_VERSIONS_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace advae {

// How a version or a model is deleted.
struct Deletion {
  // It is removed at once, and so is what was kept of it before. Otherwise it is kept for Undelete.
  bool permanently = false;
  // When; stored to the microsecond.
  absl::Time time = absl::Now();
};

// How much of what is deleted is kept.
struct KeptDeletions {
  absl::Duration age = absl::Hours(7 * 24);
  // Deletions of each model; the latest are kept.
  size_t per_model = 100;
};

// A deleted version that is kept.
struct DeletedVersion {
  std::string model;
  uint64_t version = 0;
  absl::Time time;             // of its deletion
  std::filesystem::path path;  // its folder
};

// What is kept of the deleted versions of one model, in <root>/.deleted/<model>:
//
//   <microseconds since 1970>-<version>/  a version
//   <microseconds since 1970>-model/      the folder of the model, with all its versions
//
// Anything else there is passed over. Thread-safe: holds no state but paths; whoever changes what
// is kept holds the model's lock. Errors as in file_io.h.
class DeletedVersions {
 public:
  // `model` is a valid name.
  DeletedVersions(const std::filesystem::path& root, std::string_view model);

  // Moves the folder of a version, or of the model, here: it vanishes from where it was at once,
  // and durably. kAlreadyExists when the same was deleted in the same microsecond.
  absl::Status KeepVersion(const std::filesystem::path& folder, uint64_t version,
                           absl::Time time) const;
  absl::Status KeepModel(const std::filesystem::path& folder, absl::Time time) const;

  // The latest deletion first. A number may be there more than once, after backups were restored.
  absl::StatusOr<std::vector<DeletedVersion>> List() const;
  // The same of one number, by default of all. kNotFound when there is none.
  absl::StatusOr<std::vector<DeletedVersion>> Find(std::optional<uint64_t> version) const;

  // The folders of deletions that are no longer kept at `now`, and of models without versions.
  absl::StatusOr<std::vector<std::filesystem::path>> Excess(const KeptDeletions& keep,
                                                            absl::Time now) const;

  // Removes the model's folder in .deleted when nothing is in it.
  void RemoveIfEmpty() const;

 private:
  struct Entry {
    absl::Time time;
    std::optional<uint64_t> version;  // empty: the folder of the model
    std::filesystem::path path;
  };

  // The latest first.
  absl::StatusOr<std::vector<Entry>> Entries() const;
  absl::Status Keep(const std::filesystem::path& folder, std::string_view what,
                    absl::Time time) const;

  std::filesystem::path folder_;
  std::string model_;
};

// The models of which a repository keeps deletions, by name.
absl::StatusOr<std::vector<std::string>> ModelsWithDeletions(const std::filesystem::path& root);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_DELETED_VERSIONS_H_
