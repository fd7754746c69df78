#include "server/jobs/job_cancellation.h"

#include <sys/eventfd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "model/base/system_error.h"

namespace advae {

absl::StatusOr<JobCancellation> JobCancellation::Create() {
  FileDescriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (event.get() < 0) {
    return absl::ResourceExhaustedError(absl::StrCat("eventfd: ", SystemErrorMessage(errno)));
  }
  return JobCancellation(std::move(event));
}

void JobCancellation::Cancel() {
  // Fails only when the counter is at its limit, and then it is readable.
  eventfd_write(event_.get(), 1);
}

}  // namespace advae
