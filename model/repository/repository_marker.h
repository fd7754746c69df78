#ifndef ADVAE_MODEL_REPOSITORY_REPOSITORY_MARKER_H_
#define ADVAE_MODEL_REPOSITORY_REPOSITORY_MARKER_H_

#include <cstdint>
#include <filesystem>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "advae/v1/manifest.pb.h"
#include "model/repository/staging.h"

namespace advae {

// The file <root>/.advae-repository, v1.RepositoryMarker, which says that a folder is a repository
// and not the mount point of one that is not there, and that tells a copy from the original.
//
// A copy, such as a restored backup, may be older than the numbers that the original gave out.
// Nothing in it says which those were. A model publishes fewer than 1,000 versions a second, so
// that at any time all numbers are below HighestPossible(): in a copy numbers go on above that.
// Copies that keep the file's inode and birth time (snapshots of block devices or of file systems,
// hard links) do not show; whoever restores one replaces the marker by a copy of itself.
//
// Thread-safe. Errors as in file_io.h, but for kUnavailable instead of kNotFound.

// kUnavailable when there is none, or the folder is not there; kDataLoss when it does not parse.
absl::StatusOr<v1::RepositoryMarker> ReadMarker(const std::filesystem::path& root);

// The marker, made when there is none or a damaged one, with `highest_version` as the highest
// number in use.
absl::StatusOr<v1::RepositoryMarker> ReadOrCreateMarker(const std::filesystem::path& root,
                                                        const StagingArea& staging,
                                                        uint64_t highest_version);

// The marker of a repository that is about to change; in a copy, first raises the floor and makes
// the copy an original.
absl::StatusOr<v1::RepositoryMarker> ReadMarkerForChange(const std::filesystem::path& root,
                                                         const StagingArea& staging);

// `status`, but kUnavailable for kNotFound: a folder that has to exist does not, which is not what
// the callers of Repository know as kNotFound.
absl::Status NotFoundAsUnavailable(absl::Status status);

// Above every number that the repository can have given out until `now`, provided that the clock
// has gone right since the marker was made.
uint64_t HighestPossible(const v1::RepositoryMarker& marker, absl::Time now);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_REPOSITORY_MARKER_H_
