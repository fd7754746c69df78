#ifndef ADVAE_MODEL_TRAINING_PROGRESS_METER_H_
#define ADVAE_MODEL_TRAINING_PROGRESS_METER_H_

#include <cstdint>

#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"

namespace advae {

// Averages the losses of a training and says when, and what, to report about it. Knows no clock:
// every moment is given, so that tests decide how time passes. Not thread-safe.
class ProgressMeter {
 public:
  // A training of `epochs` passes over `rows` rows that starts at `start`.
  ProgressMeter(uint32_t epochs, uint64_t rows, absl::Time start);

  // A mini-batch of `rows` rows is done, with these averages over its rows.
  void AddBatch(const v1::LossTerms& losses, uint64_t rows);
  // All mini-batches of an epoch are done.
  void EndEpoch();

  // True when the last report, or the start, is at least a second ago, and when another twentieth
  // of the epochs is over, so that a short training shows its course as well.
  bool IsDue(absl::Time now) const;
  // The state at `now`. Before the first epoch is complete, the losses are those of its
  // mini-batches so far.
  v1::TrainProgress Report(absl::Time now);

 private:
  const uint32_t epochs_;
  const uint64_t rows_;  // of an epoch
  const absl::Time start_;
  absl::Time last_report_;
  bool twentieth_is_over_ = false;  // since the last report

  uint32_t completed_epochs_ = 0;
  v1::LossTerms completed_losses_;  // averages over the last completed epoch
  uint64_t epoch_rows_ = 0;         // of the current epoch so far
  v1::LossTerms epoch_losses_;      // sums over those rows
};

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_PROGRESS_METER_H_
