#include "server/jobs/upload_pace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace advae {
absl::Status UploadPace::Check(absl::Time now) const {
  if (now >= start_ + limits_.max_time) {
    return absl::DeadlineExceededError(absl::StrCat("the upload was not complete after ",
                                                    absl::FormatDuration(limits_.max_time),
                                                    ", which is the limit (--max_upload_time)"));
  }
  if (waiting_since_ && now >= *waiting_since_ + limits_.max_idle) {
    return absl::DeadlineExceededError(absl::StrCat("no message of the upload has arrived for ",
                                                    absl::FormatDuration(limits_.max_idle),
                                                    ", which is the limit (--max_upload_idle)"));
  }
  return absl::OkStatus();
}

absl::Time UploadPace::NextCheck(absl::Time now) const {
  return std::min(start_ + limits_.max_time, waiting_since_.value_or(now) + limits_.max_idle);
}

}  // namespace advae
