#ifndef ADVAE_SERVER_JOBS_TRAINER_PROCESS_H_
#define ADVAE_SERVER_JOBS_TRAINER_PROCESS_H_

#include <filesystem>
#include <functional>

#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "server/jobs/job_cancellation.h"

namespace advae {

// Runs `job` in a worker process, `PROGRAM worker`, and waits for its end, which a worker that has
// told the outcome is brought to after a few seconds. The worker has the
// lowest scheduling priority, is the first that the kernel kills when memory runs out, and dies
// with this process. The system refuses it more memory than job.max_memory_bytes besides what it
// has when idle, larger files, and core dumps. What it writes to its standard output and
// error becomes lines of the log, as WorkerLines has it. `on_event` gets its started and progress
// events on the calling thread.
//
// Gives the version that the worker has published. Errors:
//  - the worker's own, when it failed in an orderly way; kResourceExhausted when that was for lack
//    of memory;
//  - kInternal when it crashed or was killed (the message says how) or broke the protocol;
//  - kCancelled after `cancellation`, which kills the worker, unless it has told the outcome
//  before;
//  - kUnavailable when it cannot be started or limited.
absl::StatusOr<v1::VersionInfo> RunTrainerProcess(
    const std::filesystem::path& program, const v1::Job& job,
    const std::function<void(const v1::JobEvent&)>& on_event, const JobCancellation& cancellation);

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_TRAINER_PROCESS_H_
