#ifndef ADVAE_SERVER_JOBS_PROCESS_LIMITS_H_
#define ADVAE_SERVER_JOBS_PROCESS_LIMITS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace advae {

// Bounds what a worker process can take, which has not begun its job: data (RLIMIT_DATA) of
// `memory_bytes` besides what an idle worker has, 256 MiB; files as large; 256 open files; no core
// dumps, which would be as large as its memory. Unlimited memory when unset, and with sanitizers,
// which map more than any limit allows. A limit that is lower already stays.
//
// A process that has ended is no error. kUnavailable when the system refuses.
absl::Status LimitProcess(pid_t pid, std::optional<uint64_t> memory_bytes);

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_PROCESS_LIMITS_H_
