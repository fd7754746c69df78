#ifndef ADVAE_MODEL_TRAINING_ADVERSARIAL_OBJECTIVE_H_
#define ADVAE_MODEL_TRAINING_ADVERSARIAL_OBJECTIVE_H_

// Private to advae::training and its tests: needs LibTorch.

#include "advae/v1/types.pb.h"
#include "model/scoring/network_weights.h"
#include "model/training/networks.h"
#include "model/training/objective.h"
#include "model/training/optimizer.h"
#include "model/training/torch_headers.h"

namespace advae {

// adVAE (Wang et al. 2019, Algorithm 1). Each mini-batch trains G and T, then E as G's
// discriminator, each step with fresh latent draws. z is drawn from E(x) and z_T from T(E(x)).
//
// "Frozen" networks are not updated, while gradients still flow through them.
class AdversarialObjective final : public TrainingObjective {
 public:
  AdversarialObjective(const v1::Hyperparameters& parameters, int64_t features,
                       at::Generator generator);

  v1::LossTerms Step(const at::Tensor& batch, double learning_rate) override;
  NetworkWeights Weights() const override;

  // Step 1, E frozen: updates G and T on L_T + generator_weight L_G. Sets L_T, L_G and its terms.
  void UpdateGeneratorAndTransformer(const at::Tensor& batch, double learning_rate,
                                     v1::LossTerms& losses);
  // Step 2, G and T frozen: updates E on L_E. Sets L_E and its terms.
  void UpdateEncoder(const at::Tensor& batch, double learning_rate, v1::LossTerms& losses);

  const Encoder& encoder() const { return encoder_; }
  const Generator& generator() const { return generator_; }
  const Transformer& transformer() const { return transformer_; }

 private:
  // Standard-normal draws of the same shape as `like`.
  at::Tensor Noise(const at::Tensor& like);

  const v1::Hyperparameters parameters_;
  at::Generator random_;
  Encoder encoder_;
  Generator generator_;
  Transformer transformer_;
  Optimizer generator_optimizer_;  // of G and T
  Optimizer encoder_optimizer_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_ADVERSARIAL_OBJECTIVE_H_
