#ifndef ADVAE_MODEL_TRAINING_AUTOENCODER_OBJECTIVE_H_
#define ADVAE_MODEL_TRAINING_AUTOENCODER_OBJECTIVE_H_

// Private to advae::training and its tests: needs LibTorch.

#include "advae/v1/types.pb.h"
#include "model/networks/activations.h"
#include "model/networks/gaussians.h"
#include "model/networks/optimizer.h"
#include "model/networks/perceptron.h"
#include "model/networks/perceptron_pass.h"
#include "model/networks/torch_headers.h"
#include "model/scoring/network_weights.h"
#include "model/training/objective.h"

namespace advae {

// The paper's baselines on the networks of adVAE, without T; E and G are updated together.
//
//   VAE (Eq. 3): MSE(x, G(z)) + lambda KLD(E(x)), with z drawn from E(x)
//   AE  (Eq. 1): MSE(x, G(mu))
//
// The losses set `encoder` to the whole and `encoder_reconstruction` and `encoder_kld` to the
// terms.
class AutoencoderObjective final : public TrainingObjective {
 public:
  AutoencoderObjective(const v1::Hyperparameters& parameters, int64_t features,
                       at::Generator generator);

  v1::LossTerms Step(const at::Tensor& batch, double learning_rate) override;

  // An AE has no variance: its log-variance layer comes with zero weights and a bias of -60, that
  // is sigma = 1e-13, so that the scorer of all objectives scores it with z = mu.
  NetworkWeights Weights() const override;

 private:
  const v1::Hyperparameters parameters_;
  at::Generator random_;
  Perceptron encoder_;
  Perceptron generator_;
  Optimizer optimizer_;

  at::Tensor noise_;    // [max_rows, k]; stays 0 for an AE
  Activations rows_;    // [max_rows, d]: x
  Gaussians encoded_;   // [max_rows, 2k]: E(x)
  Activations latent_;  // [max_rows, k]: z
  Activations reconstructions_;
  PerceptronPass encoder_pass_;
  PerceptronPass generator_pass_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_AUTOENCODER_OBJECTIVE_H_
