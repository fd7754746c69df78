#ifndef ADVAE_SERVER_JOBS_WORKER_OUTPUT_H_
#define ADVAE_SERVER_JOBS_WORKER_OUTPUT_H_

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"
#include "model/base/file_descriptor.h"
#include "server/jobs/job_cancellation.h"
#include "server/jobs/worker_lines.h"

namespace advae {

// Reads what a worker writes for people, and has it logged: a worker never waits for the reader of
// our log. Not thread-safe.
class WorkerOutput {
 public:
  // `output` is a pipe that does not block; `model` is what the worker works for.
  WorkerOutput(FileDescriptor output, std::string model)
      : output_(std::move(output)), lines_(std::move(model)) {}

  // For poll(); negative at the end of the output.
  int descriptor() const { return output_.get(); }
  // Takes a part of what is there. Does not block.
  void Read();
  // Reads on until the process has ended, and kills it once cancelled or at the steady time
  // `limit`, which has no effect on one that is ending by itself. Gives its status as waitpid does.
  int WaitForEnd(pid_t pid, const JobCancellation& cancellation, absl::Time limit);

 private:
  FileDescriptor output_;
  WorkerLines lines_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_WORKER_OUTPUT_H_
