#include "server/jobs/process_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "model/base/system_error.h"

namespace advae {
namespace {

// Of libraries' variables and of threads' stacks; with all of LibTorch's libraries it has 83 MB.
constexpr rlim_t kIdleBytes = rlim_t{256} << 20;
constexpr rlim_t kMaxOpenFiles = 256;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;
#else
constexpr bool kLimitsMemory = true;
#endif

// Lowers both ends of a limit to `wanted`.
bool Lower(pid_t pid, __rlimit_resource resource, rlim_t wanted) {
  rlimit limit;
  if (prlimit(pid, resource, nullptr, &limit) != 0) return false;
  limit.rlim_cur = limit.rlim_max = std::min(wanted, limit.rlim_max);
  return prlimit(pid, resource, &limit, nullptr) == 0;
}

}  // namespace

absl::Status LimitProcess(pid_t pid, std::optional<uint64_t> memory_bytes) {
  const bool is_limited =
      kLimitsMemory && memory_bytes && *memory_bytes < RLIM_INFINITY - kIdleBytes;
  const rlim_t bytes = is_limited ? *memory_bytes + kIdleBytes : RLIM_INFINITY;
  const bool lowered = Lower(pid, RLIMIT_CORE, 0) && Lower(pid, RLIMIT_NOFILE, kMaxOpenFiles) &&
                       Lower(pid, RLIMIT_FSIZE, bytes) && Lower(pid, RLIMIT_DATA, bytes);
  if (lowered || errno == ESRCH) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot limit the training process: ", SystemErrorMessage(errno)));
}

}  // namespace advae
