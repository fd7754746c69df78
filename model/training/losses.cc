#include "model/training/losses.h"

namespace advae {

at::Tensor SquaredError(const at::Tensor& x, const at::Tensor& y) {
  return (x - y).square().sum(1);
}

at::Tensor KlDivergence(const Gaussian& q) {
  return 0.5 * (q.mean.square() + q.log_variance.exp() - q.log_variance - 1).sum(1);
}

at::Tensor Hinge(double margin, const at::Tensor& value) { return (margin - value).relu(); }

at::Tensor TransformerDivergence(const Gaussian& encoded, const Gaussian& transformed) {
  const at::Tensor log_ratio = transformed.log_variance - encoded.log_variance;
  const at::Tensor squared_distance = (encoded.mean - transformed.mean).square();
  return 0.5 *
         (log_ratio + (-log_ratio).exp() + squared_distance * (-transformed.log_variance).exp() - 1)
             .sum(1);
}

at::Tensor GeneratorLoss::Encoded(double gamma) const {
  return reconstruction + gamma * reconstruction_kld;
}

at::Tensor GeneratorLoss::Transformed(double gamma) const {
  return margin_x_hinge + gamma * margin_z_hinge;
}

at::Tensor GeneratorLoss::Total(double gamma) const { return Encoded(gamma) + Transformed(gamma); }

at::Tensor EncoderLoss::Total(double lambda, double gamma) const {
  return reconstruction + lambda * kld + gamma * (reconstruction_hinge + transformed_hinge);
}

at::Tensor VaeLoss(const at::Tensor& reconstruction, const at::Tensor& kld, double lambda) {
  return reconstruction + lambda * kld;
}

}  // namespace advae
