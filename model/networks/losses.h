#ifndef ADVAE_MODEL_NETWORKS_LOSSES_H_
#define ADVAE_MODEL_NETWORKS_LOSSES_H_

// The loss terms of Wang et al. 2019 (arXiv:1903.00904) for one row, each beside its gradient. The
// losses of a mini-batch are made of their means over the rows.
//
// Every Add...Gradient adds `weight` times the gradient. Vectors of one call have the same size;
// terms are computed in floats and summed in doubles.

#include <span>

namespace advae {

// N(mean, diag(variance)) of k dimensions, with the logarithm of the variance as well.
struct GaussianRow {
  std::span<const float> mean;
  std::span<const float> log_variance;
  std::span<const float> variance;
};

// Where the gradient by a Gaussian's parameters is added to.
struct GaussianGradientRow {
  std::span<float> mean;
  std::span<float> log_variance;
};

// Eq. 4: L_MSE(x, y) = ||x - y||^2, a sum over the features.
double SquaredError(std::span<const float> x, std::span<const float> y);
// By x: 2 (x - y).
void AddSquaredErrorGradient(std::span<const float> x, std::span<const float> y, float weight,
                             std::span<float> gradient);

// Eq. 5: L_KLD(mu, sigma) = KL(N(mu, sigma^2) || N(0, I))
//                         = 1/2 sum_j (mu_j^2 + sigma_j^2 - log sigma_j^2 - 1).
//
// The paper prints the last line of Eq. 5 with the opposite sign, which is minus the divergence;
// minimising that would drive the encoder away from the prior.
double KlDivergence(GaussianRow q);
// By mu: mu; by log sigma^2: (sigma^2 - 1) / 2.
void AddKlDivergenceGradient(GaussianRow q, float weight, GaussianGradientRow gradient);

// Eq. 9: L_T = KL(N(mu, sigma^2) || N(mu_T, sigma_T^2))
//            = sum_j (log(sigma_T / sigma) + (sigma^2 + (mu - mu_T)^2) / (2 sigma_T^2) - 1/2).
double TransformerDivergence(GaussianRow encoded, GaussianRow transformed);
// By mu_T: (mu_T - mu) / sigma_T^2; by log sigma_T^2: (1 - (sigma^2 + (mu - mu_T)^2) /
// sigma_T^2)/2.
void AddTransformerDivergenceGradient(GaussianRow encoded, GaussianRow transformed, float weight,
                                      GaussianGradientRow gradient);

// The sample mu + sigma noise of q, with standard-normal `noise`.
void Sample(GaussianRow q, std::span<const float> noise, std::span<float> z);
// The gradient by q's parameters from the gradient `z_gradient` by the sample:
// by mu: z_gradient; by log sigma^2: z_gradient noise sigma / 2.
void AddSampleGradient(GaussianRow q, std::span<const float> noise,
                       std::span<const float> z_gradient, GaussianGradientRow gradient);

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_LOSSES_H_
