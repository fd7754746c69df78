#include "server/jobs/upload_state.h"

#include <utility>

namespace advae {

bool UploadState::BeginRead(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (stage_ == Stage::kClosed) return false;
  stage_ = Stage::kReading;
  pace_.AwaitMessage(now);
  return true;
}

bool UploadState::BeginWrite() {
  absl::MutexLock lock(&mutex_);
  if (stage_ == Stage::kClosed) return false;
  stage_ = Stage::kWriting;
  pace_.TakeMessage();
  return true;
}

bool UploadState::BeginJob(std::shared_ptr<JobCancellation> job) {
  absl::MutexLock lock(&mutex_);
  if (stage_ == Stage::kClosed) return false;
  stage_ = Stage::kClosed;
  job_ = std::move(job);
  return true;
}

UploadState::Closed UploadState::Close() {
  absl::MutexLock lock(&mutex_);
  const Stage stage = std::exchange(stage_, Stage::kClosed);
  return {.was_reading = stage == Stage::kReading, .job = job_};
}

std::optional<UploadState::TooSlow> UploadState::CloseIfTooSlow(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (stage_ == Stage::kClosed) return std::nullopt;
  absl::Status status = pace_.Check(now);
  if (status.ok()) return std::nullopt;
  const Stage stage = std::exchange(stage_, Stage::kClosed);
  return TooSlow{.status = std::move(status), .was_reading = stage == Stage::kReading};
}

std::optional<absl::Time> UploadState::NextPaceCheck(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  if (stage_ == Stage::kClosed) return std::nullopt;
  return pace_.NextCheck(now);
}

}  // namespace advae
