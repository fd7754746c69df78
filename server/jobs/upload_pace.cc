#include "server/jobs/upload_pace.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

UploadPace::Time After(UploadPace::Time time, absl::Duration duration) {
  return time + absl::ToChronoNanoseconds(duration);
}

}  // namespace

absl::Status UploadPace::Check(Time now) const {
  if (now >= After(start_, limits_.max_time)) {
    return absl::DeadlineExceededError(absl::StrCat("the upload was not complete after ",
                                                    absl::FormatDuration(limits_.max_time),
                                                    ", which is the limit (--max_upload_time)"));
  }
  if (waiting_since_ && now >= After(*waiting_since_, limits_.max_idle)) {
    return absl::DeadlineExceededError(absl::StrCat("no message of the upload has arrived for ",
                                                    absl::FormatDuration(limits_.max_idle),
                                                    ", which is the limit (--max_upload_idle)"));
  }
  return absl::OkStatus();
}

UploadPace::Time UploadPace::NextCheck(Time now) const {
  return std::min(After(start_, limits_.max_time),
                  After(waiting_since_.value_or(now), limits_.max_idle));
}

}  // namespace advae
