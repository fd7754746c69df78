#ifndef ADVAE_MODEL_TRAINING_ENSEMBLE_TRAINER_H_
#define ADVAE_MODEL_TRAINING_ENSEMBLE_TRAINER_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/fitting/member_combination.h"

namespace advae {

struct TrainedEnsemble {
  TrainedMembers members;
  v1::LossTerms final_losses;  // averages over the last epochs of all members
  absl::Duration duration;     // from the first member's start to the last one's end
};

// The parameters that member `member` of the ensemble is trained with: lambda and gamma times
// lambda_spread^(i / (M - 1) - 1/2) for member i of M, and a batch of at most `rows` rows.
v1::Hyperparameters MemberHyperparameters(v1::Hyperparameters parameters, uint32_t member,
                                          uint64_t rows);

struct EnsembleOptions {
  uint64_t seed = 1;
  // Members that train at a time, each on a thread of its own, at least 1; they change no bit of
  // the result.
  int threads = 1;
};

// Trains the members of an ensemble on scaled rows.
//
// With one member, that is Train(). Otherwise the rows are dealt out to the members at random, as
// evenly as can be, and each member is trained on all rows but its own: the others have no part in
// its networks, so that its scores of its own rows are as those of new rows
// (TrainedMembers::held_out_from).
//
// `parameters` come from ResolveHyperparameters. `on_progress` is called from this thread, about
// once a second for each member in training, with what EnsembleProgress makes of the reports of
// all. The same arguments give the same members, bit for bit, on one machine; the first member's
// draws are those of Train() with the same seed.
//
// Blocks until the training is done. Errors as in Train, of the first member that has one; the
// message names the member. kInvalidArgument also for no thread.
absl::StatusOr<TrainedEnsemble> TrainEnsemble(
    MatrixView scaled_rows, const v1::Hyperparameters& parameters, const EnsembleOptions& options,
    const std::function<void(const v1::TrainProgress&)>& on_progress);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_ENSEMBLE_TRAINER_H_
