#ifndef ADVAE_MODEL_TRAINING_TRAIN_BUNDLE_H_
#define ADVAE_MODEL_TRAINING_TRAIN_BUNDLE_H_

#include <functional>

#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/fitting/build_bundle.h"
#include "model/scoring/version_bundle.h"

namespace advae {

// What a training tells while it runs, on the thread that runs it. Both may be empty.
struct TrainingObserver {
  // Once, before the first mini-batch, with the values in use, all of them set.
  std::function<void(const v1::Hyperparameters&)> on_start = nullptr;
  // As in Train.
  std::function<void(const v1::TrainProgress&)> on_progress = nullptr;
};

// Makes a version out of rows: leaves out the least usual ones, if hyper-parameter contamination is
// above 0 (FindUsualRows); scales the others, with a robust range if the version is to remember
// rows, fills the hyper-parameters that are not set, trains the networks, scores the rows and
// learns the threshold. Of the version's metadata only version and create time are left unset.
// Blocks until the training is done.
//
// The same arguments give the same version, bit for bit, on one machine, whatever else this process
// trains at the same time.
//
// kInvalidArgument for rows that are not finite and for hyper-parameters out of range; otherwise
// the errors of Train and BuildBundle.
absl::StatusOr<VersionBundle> TrainBundle(const BundleOptions& options,
                                          const v1::Hyperparameters& hyperparameters,
                                          MatrixView rows, const TrainingObserver& observer);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_TRAIN_BUNDLE_H_
