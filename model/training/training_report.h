#ifndef ADVAE_MODEL_TRAINING_TRAINING_REPORT_H_
#define ADVAE_MODEL_TRAINING_TRAINING_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/fitting/member_combination.h"

namespace advae {

// How members reconstruct and encode the scaled rows that each has not seen, at most 1,000 rows of
// a member. Unset when no rows were held out.
std::optional<v1::HeldOutQuality> EvaluateHeldOut(const TrainedMembers& members,
                                                  MatrixView scaled_rows);

// What looks wrong about a training that went through, one sentence each:
//  - the latent space collapsed: KLD(E(x)) of less than 0.01 a latent dimension, so that all rows
//  are
//    reconstructed alike;
//  - the networks reconstruct the training rows no better than their mean does, whose error is
//    `total_variance`;
//  - rows that were held out are reconstructed with more than three times the error of the others:
//    networks that learn rows by heart.
// `losses` are the last epoch's.
std::vector<std::string> TrainingWarnings(const v1::Hyperparameters& parameters,
                                          const v1::LossTerms& losses,
                                          const std::optional<v1::HeldOutQuality>& held_out,
                                          double total_variance);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_TRAINING_REPORT_H_
