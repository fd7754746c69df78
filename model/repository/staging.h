#ifndef ADVAE_MODEL_REPOSITORY_STAGING_H_
#define ADVAE_MODEL_REPOSITORY_STAGING_H_

#include <google/protobuf/message.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// The folder for what is not published yet, or not quite deleted: <root>/.staging, on the same file
// system as the models, so that moving in and out is an atomic rename. Entries are called
// <owner>-<random>, where the owner is whoever made the area, known by a random name too. It holds
// a lock on <root>/.locks/.owner-<owner> as long as it lives: that tells other processes, also in
// other containers and on other machines, which entries are in use.
//
// Thread-safe; copies are the same owner. Errors as in file_io.h and file_lock.h.
class StagingArea {
 public:
  explicit StagingArea(const std::filesystem::path& root);

  // A path in the folder, which is created when absent, that nothing and nobody else uses.
  absl::StatusOr<std::filesystem::path> NewPath() const;
  // The same, as a new empty folder.
  absl::StatusOr<std::filesystem::path> NewFolder() const;

  // Replaces `path`, atomically and durably, with the message as JSON. Errors as in ToJson, too.
  absl::Status ReplaceJson(const google::protobuf::Message& message,
                           const std::filesystem::path& path) const;

  // Removes what owners that have died left. Of releases that had no owners it removes what no
  // living process of this machine made and in which nothing has changed for a day. What cannot be
  // removed does not keep the rest from it; the first error is returned.
  absl::Status RemoveStale() const;

 private:
  class Owner;

  // The name of this area's owner, whose lock it takes when it has not yet.
  absl::StatusOr<std::string> OwnerName() const;

  std::filesystem::path folder_;
  std::filesystem::path locks_;
  std::shared_ptr<Owner> owner_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_STAGING_H_
