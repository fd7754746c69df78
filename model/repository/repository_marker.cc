#include "model/repository/repository_marker.h"

#include <fcntl.h>
#include <google/protobuf/util/time_util.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/base/file_io.h"
#include "model/base/file_lock.h"
#include "model/base/json_file.h"
#include "model/base/status_macros.h"
#include "model/repository/version_numbers.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::google::protobuf::util::TimeUtil;

constexpr absl::Duration kLockLimit = absl::Seconds(30);
// For the numbers that a repository gives out in its first moments.
constexpr uint64_t kHeadStart = 1000;

fs::path MarkerPath(const fs::path& root) { return root / ".advae-repository"; }

absl::Status NoRepository(absl::Status status, const fs::path& root) {
  if (!absl::IsNotFound(status)) return status;
  return absl::UnavailableError(absl::StrCat(root.string(),
                                             " has no model repository, or its volume is not "
                                             "mounted: ",
                                             std::string(status.message())));
}

// Sets inode and birth time to those of `file`.
absl::Status SetFileIdentity(const fs::path& file, v1::RepositoryMarker& marker) {
  struct statx status;
  if (statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &status) < 0) {
    return FileError("read", file, errno);
  }
  marker.set_inode(status.stx_ino);
  marker.clear_birth_time();
  if ((status.stx_mask & STATX_BTIME) != 0) {
    marker.mutable_birth_time()->set_seconds(status.stx_btime.tv_sec);
    marker.mutable_birth_time()->set_nanos(static_cast<int32_t>(status.stx_btime.tv_nsec));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> IsCopy(const fs::path& root, const v1::RepositoryMarker& marker) {
  v1::RepositoryMarker now;
  if (absl::Status status = SetFileIdentity(MarkerPath(root), now); !status.ok()) {
    return NoRepository(status, root);
  }
  // A system that has learned to tell birth times makes no copy of an original.
  const bool born_at_another_time =
      now.has_birth_time() && marker.has_birth_time() && now.birth_time() != marker.birth_time();
  return now.inode() != marker.inode() || born_at_another_time;
}

// Replaces the marker by one with the identity of its new file.
absl::Status Write(const fs::path& root, const StagingArea& staging, v1::RepositoryMarker& marker) {
  ADVAE_ASSIGN_OR_RETURN(const fs::path temporary, staging.NewPath());
  const absl::Cleanup remove_temporary = [&] { RemoveAll(temporary).IgnoreError(); };
  absl::Status status = WriteFileSynced(temporary, "");
  if (status.ok()) status = SetFileIdentity(temporary, marker);
  if (!status.ok()) return status;
  ADVAE_ASSIGN_OR_RETURN(const std::string json, ToJson(marker));
  status = WriteFileSynced(temporary, json);  // the same file, with another content
  if (status.ok()) status = Rename(temporary, MarkerPath(root));
  if (status.ok()) status = SyncFolder(root);
  return status;
}

absl::StatusOr<FileLock> Lock(const fs::path& root) {
  const fs::path locks = root / ".locks";
  ADVAE_RETURN_IF_ERROR(CreateFolder(locks));
  return FileLock::Acquire(locks / ".repository", kLockLimit);
}

std::string RandomId() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) absl::StrAppend(&id, absl::Hex(random(), absl::kZeroPad8));
  return id;
}

// kNotFound when there is none.
absl::StatusOr<v1::RepositoryMarker> Find(const fs::path& root) {
  const fs::path path = MarkerPath(root);
  ADVAE_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kMaxSmallFileBytes));
  v1::RepositoryMarker marker;
  ADVAE_RETURN_IF_ERROR(FromJson(path, json, marker));
  if (marker.id().empty()) return absl::DataLossError(absl::StrCat(path.string(), " has no id"));
  return marker;
}

bool HasToBeMade(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsDataLoss(status);
}

}  // namespace

absl::Status NotFoundAsUnavailable(absl::Status status) {
  return absl::IsNotFound(status) ? absl::UnavailableError(status.message()) : status;
}

absl::StatusOr<v1::RepositoryMarker> ReadMarker(const fs::path& root) {
  absl::StatusOr<v1::RepositoryMarker> marker = Find(root);
  if (!marker.ok()) return NoRepository(marker.status(), root);
  return marker;
}

absl::StatusOr<v1::RepositoryMarker> ReadOrCreateMarker(const fs::path& root,
                                                        const StagingArea& staging,
                                                        uint64_t highest_version) {
  if (auto found = Find(root); found.ok() || !HasToBeMade(found.status())) return found;
  ADVAE_ASSIGN_OR_RETURN(const FileLock lock, Lock(root));
  // Another process may have been faster.
  if (auto found = Find(root); found.ok() || !HasToBeMade(found.status())) return found;
  v1::RepositoryMarker marker;
  marker.set_id(RandomId());
  *marker.mutable_create_time() = TimeUtil::GetCurrentTime();
  marker.set_highest_version(highest_version);
  ADVAE_RETURN_IF_ERROR(Write(root, staging, marker));
  return marker;
}

absl::StatusOr<v1::RepositoryMarker> ReadMarkerForChange(const fs::path& root,
                                                         const StagingArea& staging) {
  absl::StatusOr<v1::RepositoryMarker> marker = ReadMarker(root);
  if (!marker.ok()) return marker;
  absl::StatusOr<bool> is_copy = IsCopy(root, *marker);
  if (!is_copy.ok()) return is_copy.status();
  if (!*is_copy) return marker;

  ADVAE_ASSIGN_OR_RETURN(const FileLock lock, Lock(root));
  marker = ReadMarker(root);
  if (!marker.ok()) return marker;
  is_copy = IsCopy(root, *marker);
  if (!is_copy.ok()) return is_copy.status();
  if (!*is_copy) return marker;  // another process was faster
  marker->set_floor(HighestPossible(*marker, absl::Now()));
  ADVAE_RETURN_IF_ERROR(Write(root, staging, *marker));
  return marker;
}

uint64_t HighestPossible(const v1::RepositoryMarker& marker, absl::Time now) {
  const absl::Time made =
      absl::FromUnixNanos(TimeUtil::TimestampToNanoseconds(marker.create_time()));
  const int64_t age = std::max<int64_t>(0, absl::ToInt64Milliseconds(now - made));
  const uint64_t highest = marker.highest_version() + kHeadStart + static_cast<uint64_t>(age);
  // An absurd number in one model's folder leaves the others some.
  return std::max(marker.floor(), std::min(highest, kMaxVersion / 2));
}

}  // namespace advae
