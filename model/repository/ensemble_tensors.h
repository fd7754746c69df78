#ifndef ADVAE_MODEL_REPOSITORY_ENSEMBLE_TENSORS_H_
#define ADVAE_MODEL_REPOSITORY_ENSEMBLE_TENSORS_H_

#include "absl/status/statusor.h"
#include "model/repository/safetensors.h"
#include "model/scoring/ensemble.h"

namespace advae {

// An ensemble as named tensors. With one member whose score is the paper's:
// encoder.{hidden1,hidden2,mean,log_variance}.{weight,bias} and
// generator.{hidden1,hidden2,output}.{weight,bias}, as kF32. Any other ensemble has these for each
// member i, counted from 0, as member<i>.encoder... and member<i>.generator...; member<i>.whitening
// [d, d] unless it has none; and, as kF64, member_weights [M].

// Whether the ensemble is one member whose score is the paper's.
bool IsPlain(const Ensemble& ensemble);

// Whether `tensors` hold an ensemble in the form of such a member.
bool HoldsPlainEnsemble(const TensorMap& tensors);

// Adds the ensemble's tensors to `tensors`.
void AddEnsemble(const Ensemble& ensemble, TensorMap& tensors);

// Takes the ensemble's tensors out of `tensors`; `plain` says which form they have.
// kInvalidArgument when one is missing, has a wrong shape or value, or belongs to no layer; the
// message names it.
absl::StatusOr<Ensemble> TakeEnsemble(bool plain, TensorMap& tensors);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_ENSEMBLE_TENSORS_H_
