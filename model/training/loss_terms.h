#ifndef ADVAE_MODEL_TRAINING_LOSS_TERMS_H_
#define ADVAE_MODEL_TRAINING_LOSS_TERMS_H_

#include "advae/v1/types.pb.h"

namespace advae {

// sum += weight * losses, in every field.
void AddScaled(const v1::LossTerms& losses, double weight, v1::LossTerms& sum);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_LOSS_TERMS_H_
