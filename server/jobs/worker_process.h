#ifndef ADVAE_SERVER_JOBS_WORKER_PROCESS_H_
#define ADVAE_SERVER_JOBS_WORKER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "absl/status/statusor.h"
#include "model/base/file_descriptor.h"

namespace advae {

// A worker process, `PROGRAM worker`, and this process's ends of its pipes, which no other has.
struct WorkerProcess {
  pid_t pid = 0;
  FileDescriptor input;   // its standard input
  FileDescriptor events;  // what it writes to descriptor 3
  FileDescriptor output;  // its standard output and standard error; does not block
};

// Starts a worker, in which OpenBLAS has no threads of its own, with the lowest scheduling
// priority, as the first that the kernel kills when memory runs out, within the limits of
// LimitProcess. kUnavailable when that fails; then no process is left. The caller waits for the
// process.
absl::StatusOr<WorkerProcess> StartWorker(const std::filesystem::path& program,
                                          std::optional<uint64_t> memory_bytes);

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_WORKER_PROCESS_H_
