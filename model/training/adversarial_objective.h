#ifndef ADVAE_MODEL_TRAINING_ADVERSARIAL_OBJECTIVE_H_
#define ADVAE_MODEL_TRAINING_ADVERSARIAL_OBJECTIVE_H_

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

// adVAE (Wang et al. 2019, Algorithm 1). Each mini-batch trains G and T, then E as G's
// discriminator, each step with fresh latent draws. z is drawn from E(x) and z_T from T(E(x)).
//
// ENCODER_ONLY and GENERATOR_ONLY leave out what makes the other network adversarial.
//
// "Frozen" networks are not updated, while gradients still flow through them.
class AdversarialObjective final : public TrainingObjective {
 public:
  AdversarialObjective(const v1::Hyperparameters& parameters, int64_t features,
                       at::Generator generator);

  v1::LossTerms Step(const at::Tensor& batch, double learning_rate) override;
  NetworkWeights Weights() const override;

  // With the gradients of the last step.
  const Perceptron& encoder() const { return encoder_; }
  const Perceptron& generator() const { return generator_; }
  const Perceptron& transformer() const { return transformer_; }

 private:
  // Views of the buffers for a mini-batch of n rows. x_r = G(z) and x_Tr = G(z_T) follow x, so that
  // E's pass over all three is one range.
  struct MiniBatch {
    int64_t n;
    RowRange originals;        // of rows_, encoded_ and transformed_
    RowRange reconstructions;  // of rows_ and encoded_
    at::Tensor noise, noise_t;
    Activations x, x_r, x_tr;
    Gaussians encoded, encoded_r, encoded_tr;
    Gaussians transformed;
    Activations z, z_t;
  };
  MiniBatch Views(int64_t n) const;

  // From E(x) to G(z), G(z_T) and E of both, with fresh draws.
  void Reconstruct(const MiniBatch& batch);
  // Step 1, E frozen: updates G and T on L_T + generator_weight L_G. Sets L_T, L_G and its terms.
  void UpdateGeneratorAndTransformer(const MiniBatch& batch, double learning_rate,
                                     v1::LossTerms& losses);
  // Step 2, G and T frozen: updates E on L_E. Sets L_E and its terms.
  void UpdateEncoder(const MiniBatch& batch, double learning_rate, v1::LossTerms& losses);

  const v1::Hyperparameters parameters_;
  const int64_t max_rows_;  // the batch size

  at::Generator random_;
  Perceptron encoder_;
  Perceptron generator_;
  Perceptron transformer_;
  Optimizer generator_optimizer_;  // of G and T
  Optimizer encoder_optimizer_;

  at::Tensor noise_;       // [2 max_rows, k], for z and z_T
  Activations rows_;       // [3 max_rows, d]: x, x_r and x_Tr
  Gaussians encoded_;      // [3 max_rows, 2k]: E of them
  Gaussians transformed_;  // [max_rows, 2k]: T(E(x)), at the rows of x
  Activations latent_;     // [2 max_rows, k]: z and z_T
  PerceptronPass encoder_pass_;
  PerceptronPass generator_pass_;
  PerceptronPass transformer_pass_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_ADVERSARIAL_OBJECTIVE_H_
