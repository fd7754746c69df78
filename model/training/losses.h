#ifndef ADVAE_MODEL_TRAINING_LOSSES_H_
#define ADVAE_MODEL_TRAINING_LOSSES_H_

// Private to advae::training and its tests: needs LibTorch.
//
// The losses of Wang et al. 2019 (arXiv:1903.00904). Terms come for each row, as a vector [n]; the
// losses of a mini-batch are made of their means over the rows, scalars. Gradients flow to every
// argument: what is frozen or detached is the caller's choice.

#include "model/training/networks.h"
#include "model/training/torch_headers.h"

namespace advae {

// Eq. 4: L_MSE(x, y) = ||x - y||^2, a sum over the features, for each row. x and y are [n, d].
at::Tensor SquaredError(const at::Tensor& x, const at::Tensor& y);

// Eq. 5: L_KLD(mu, sigma) = KL(N(mu, sigma^2) || N(0, I))
//                         = 1/2 sum_j (mu_j^2 + sigma_j^2 - log sigma_j^2 - 1), for each row.
//
// The paper prints the last line of Eq. 5 with the opposite sign, which is minus the divergence;
// minimising that would drive the encoder away from the prior.
at::Tensor KlDivergence(const Gaussian& q);

// [margin - value]+ = max(0, margin - value), for each row.
at::Tensor Hinge(double margin, const at::Tensor& value);

// Eq. 9: L_T = KL(N(mu, sigma^2) || N(mu_T, sigma_T^2))
//            = sum_j (log(sigma_T / sigma) + (sigma^2 + (mu - mu_T)^2) / (2 sigma_T^2) - 1/2),
// for each row.
at::Tensor TransformerDivergence(const Gaussian& encoded, const Gaussian& transformed);

// What G is trained on in step 1: the means of four terms over the rows.
struct GeneratorLoss {
  at::Tensor reconstruction;      // MSE(x, G(z))
  at::Tensor reconstruction_kld;  // KLD(E(G(z)))
  at::Tensor margin_x_hinge;      // [m_x - MSE(G(z), G(z_T))]+
  at::Tensor margin_z_hinge;      // [m_z - KLD(E(G(z_T)))]+

  // Eq. 7: L_Gz = MSE(x, G(z)) + gamma KLD(E(G(z))).
  at::Tensor Encoded(double gamma) const;
  // Eq. 8: L_GzT = [m_x - MSE(G(z), G(z_T))]+ + gamma [m_z - KLD(E(G(z_T)))]+.
  at::Tensor Transformed(double gamma) const;
  // Eq. 6: L_G = L_Gz + L_GzT.
  at::Tensor Total(double gamma) const;
};

// What E is trained on in step 2: the means of four terms over the rows. The reconstructions
// x_r = G(z) and x_Tr = G(z_T) inside the hinges are detached.
struct EncoderLoss {
  at::Tensor reconstruction;        // MSE(x, G(z))
  at::Tensor kld;                   // KLD(E(x))
  at::Tensor reconstruction_hinge;  // [m_z - KLD(E(x_r))]+
  at::Tensor transformed_hinge;     // [m_z - KLD(E(x_Tr))]+

  // Eq. 10: L_E = MSE(x, G(z)) + lambda KLD(E(x)) + gamma [m_z - KLD(E(x_r))]+
  //             + gamma [m_z - KLD(E(x_Tr))]+.
  at::Tensor Total(double lambda, double gamma) const;
};

// Eq. 3: L_VAE = MSE(x, G(z)) + lambda KLD(E(x)), from the means of both terms over the rows.
at::Tensor VaeLoss(const at::Tensor& reconstruction, const at::Tensor& kld, double lambda);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_LOSSES_H_
