#ifndef ADVAE_SERVER_JOBS_JOB_CANCELLATION_H_
#define ADVAE_SERVER_JOBS_JOB_CANCELLATION_H_

#include "absl/status/statusor.h"
#include "model/base/file_descriptor.h"

namespace advae {

// Tells a thread that waits in poll() to give up. Thread-safe.
class JobCancellation {
 public:
  // kResourceExhausted when the process has no file descriptors left.
  static absl::StatusOr<JobCancellation> Create();

  void Cancel();
  // Becomes readable, and stays so, once cancelled.
  int descriptor() const { return event_.get(); }

 private:
  explicit JobCancellation(FileDescriptor event) : event_(std::move(event)) {}

  FileDescriptor event_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_JOB_CANCELLATION_H_
