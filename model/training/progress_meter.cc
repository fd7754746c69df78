#include "model/training/progress_meter.h"

#include <google/protobuf/util/time_util.h>

#include "proto/loss_terms.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

constexpr absl::Duration kReportInterval = absl::Seconds(1);

v1::LossTerms Average(const v1::LossTerms& sum, uint64_t rows) {
  v1::LossTerms average;
  if (rows > 0) AddScaled(sum, 1.0 / static_cast<double>(rows), average);
  return average;
}

}  // namespace

ProgressMeter::ProgressMeter(uint32_t epochs, uint64_t rows, absl::Time start)
    : epochs_(epochs), rows_(rows), start_(start), last_report_(start) {}

void ProgressMeter::AddBatch(const v1::LossTerms& losses, uint64_t rows) {
  AddScaled(losses, static_cast<double>(rows), epoch_losses_);
  epoch_rows_ += rows;
}

void ProgressMeter::EndEpoch() {
  completed_losses_ = Average(epoch_losses_, epoch_rows_);
  const uint64_t twentieths = uint64_t{20} * completed_epochs_ / epochs_;
  ++completed_epochs_;
  if (uint64_t{20} * completed_epochs_ / epochs_ > twentieths) twentieth_is_over_ = true;
  epoch_losses_.Clear();
  epoch_rows_ = 0;
}

bool ProgressMeter::IsDue(absl::Time now) const {
  return twentieth_is_over_ || now - last_report_ >= kReportInterval;
}

v1::TrainProgress ProgressMeter::Report(absl::Time now) {
  last_report_ = now;
  twentieth_is_over_ = false;
  const double done = static_cast<double>(completed_epochs_) * static_cast<double>(rows_) +
                      static_cast<double>(epoch_rows_);
  const double all = static_cast<double>(epochs_) * static_cast<double>(rows_);
  const double seconds = absl::ToDoubleSeconds(now - start_);

  v1::TrainProgress progress;
  progress.set_epoch(completed_epochs_);
  progress.set_epochs(epochs_);
  *progress.mutable_losses() =
      completed_epochs_ > 0 ? completed_losses_ : Average(epoch_losses_, epoch_rows_);
  if (seconds > 0) progress.set_rows_per_second(done / seconds);
  if (done > 0) {
    *progress.mutable_time_left() = TimeUtil::MillisecondsToDuration(
        static_cast<int64_t>(1000 * seconds * (all - done) / done));
  }
  return progress;
}

}  // namespace advae
