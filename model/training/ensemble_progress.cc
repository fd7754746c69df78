#include "model/training/ensemble_progress.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "proto/loss_terms.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

absl::Duration TimeLeft(const v1::TrainProgress& progress) {
  return absl::Nanoseconds(TimeUtil::DurationToNanoseconds(progress.time_left()));
}

bool IsDone(const v1::TrainProgress& progress) { return progress.epoch() == progress.epochs(); }

}  // namespace

EnsembleProgress::EnsembleProgress(uint32_t members, uint32_t threads)
    : members_(members), threads_(threads) {}

v1::TrainProgress EnsembleProgress::Add(uint32_t member, const v1::TrainProgress& progress,
                                        absl::Duration elapsed) {
  members_[member] = {.has_reported = true, .last = progress};
  v1::TrainProgress all;
  all.set_epochs(static_cast<uint32_t>(members_.size()) * progress.epochs());
  absl::Duration longest;  // of the members in training
  absl::Duration work;     // of all members
  std::vector<const v1::LossTerms*> losses;
  for (uint32_t i = 0; i < members_.size(); ++i) {
    const Member& other = members_[i];
    if (!other.has_reported) {
      work += elapsed + TimeLeft(progress);
      continue;
    }
    all.set_epoch(all.epoch() + other.last.epoch());
    if (IsDone(other.last) && i != member) continue;
    longest = std::max(longest, TimeLeft(other.last));
    work += TimeLeft(other.last);
    all.set_rows_per_second(all.rows_per_second() + other.last.rows_per_second());
    losses.push_back(&other.last.losses());
  }
  for (const v1::LossTerms* const of_member : losses) {
    AddScaled(*of_member, 1 / static_cast<double>(losses.size()), *all.mutable_losses());
  }
  *all.mutable_time_left() =
      TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(std::max(longest, work / threads_)));
  return all;
}

}  // namespace advae
