#ifndef ADVAE_SERVER_JOBS_UPLOAD_STATE_H_
#define ADVAE_SERVER_JOBS_UPLOAD_STATE_H_

#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/jobs/job_cancellation.h"
#include "server/jobs/upload_pace.h"

namespace advae {

// Where one upload is, for all who may move it on or end it: a message is being read, or written,
// by turns, until the upload is closed, for its job or for good. Thread-safe.
class UploadState {
 public:
  struct Closed {
    // Nobody is writing: whoever has closed the upload is to clean up.
    bool was_reading = false;
    // That of the job, which has begun before; otherwise null.
    std::shared_ptr<JobCancellation> job = nullptr;
  };
  struct TooSlow {
    absl::Status status;  // as UploadPace::Check
    bool was_reading = false;
  };

  // As if a message were being written.
  UploadState(const UploadLimits& limits, absl::Time start) : pace_(limits, start) {}

  // All three do nothing, and return false, when the upload is closed.
  bool BeginRead(absl::Time now);
  bool BeginWrite();
  // Closes the upload for its job.
  bool BeginJob(std::shared_ptr<JobCancellation> job);

  // Ends the upload, or what it was closed for.
  Closed Close();
  // Ends the upload if it is too slow, and not closed yet.
  std::optional<TooSlow> CloseIfTooSlow(absl::Time now);
  // When CloseIfTooSlow may next do so; nothing when the upload is closed.
  std::optional<absl::Time> NextPaceCheck(absl::Time now) const;

 private:
  enum class Stage { kReading, kWriting, kClosed };

  mutable absl::Mutex mutex_;
  Stage stage_ ABSL_GUARDED_BY(mutex_) = Stage::kWriting;
  UploadPace pace_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<JobCancellation> job_ ABSL_GUARDED_BY(mutex_);  // null before BeginJob
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_UPLOAD_STATE_H_
