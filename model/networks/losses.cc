#include "model/networks/losses.h"

#include <cmath>
#include <cstddef>

namespace advae {

double SquaredError(std::span<const float> x, std::span<const float> y) {
  double sum = 0;
  for (size_t j = 0; j < x.size(); ++j) {
    const float difference = x[j] - y[j];
    sum += difference * difference;
  }
  return sum;
}

void AddSquaredErrorGradient(std::span<const float> x, std::span<const float> y, float weight,
                             std::span<float> gradient) {
  for (size_t j = 0; j < x.size(); ++j) gradient[j] += 2 * weight * (x[j] - y[j]);
}

double KlDivergence(GaussianRow q) {
  double sum = 0;
  for (size_t j = 0; j < q.mean.size(); ++j) {
    sum += q.mean[j] * q.mean[j] + q.variance[j] - q.log_variance[j] - 1;
  }
  return sum / 2;
}

void AddKlDivergenceGradient(GaussianRow q, float weight, GaussianGradientRow gradient) {
  for (size_t j = 0; j < q.mean.size(); ++j) {
    gradient.mean[j] += weight * q.mean[j];
    gradient.log_variance[j] += weight * (q.variance[j] - 1) / 2;
  }
}

double TransformerDivergence(GaussianRow encoded, GaussianRow transformed) {
  double sum = 0;
  for (size_t j = 0; j < encoded.mean.size(); ++j) {
    const float log_ratio = transformed.log_variance[j] - encoded.log_variance[j];
    const float distance = encoded.mean[j] - transformed.mean[j];
    sum += log_ratio + (encoded.variance[j] + distance * distance) / transformed.variance[j] - 1;
  }
  return sum / 2;
}

void AddTransformerDivergenceGradient(GaussianRow encoded, GaussianRow transformed, float weight,
                                      GaussianGradientRow gradient) {
  for (size_t j = 0; j < encoded.mean.size(); ++j) {
    const float distance = transformed.mean[j] - encoded.mean[j];
    gradient.mean[j] += weight * distance / transformed.variance[j];
    gradient.log_variance[j] +=
        weight * (1 - (encoded.variance[j] + distance * distance) / transformed.variance[j]) / 2;
  }
}

void Sample(GaussianRow q, std::span<const float> noise, std::span<float> z) {
  for (size_t j = 0; j < z.size(); ++j) {
    z[j] = q.mean[j] + std::sqrt(q.variance[j]) * noise[j];
  }
}

void AddSampleGradient(GaussianRow q, std::span<const float> noise,
                       std::span<const float> z_gradient, GaussianGradientRow gradient) {
  for (size_t j = 0; j < noise.size(); ++j) {
    gradient.mean[j] += z_gradient[j];
    gradient.log_variance[j] += z_gradient[j] * noise[j] * std::sqrt(q.variance[j]) / 2;
  }
}

}  // namespace advae
