#include "model/fitting/fit_whitening.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <cstddef>

namespace advae {
namespace {

using RowMajorFloats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kShrinkage = 0.05;

}  // namespace

std::vector<float> FitWhitening(MatrixView residuals) {
  const auto d = static_cast<Eigen::Index>(residuals.columns);
  const auto n = static_cast<Eigen::Index>(residuals.rows);
  std::vector<float> whitening(residuals.columns * residuals.columns);
  Eigen::Map<RowMajorFloats> result(whitening.data(), d, d);
  result.setIdentity();
  if (n == 0) return whitening;

  const Eigen::MatrixXd e = Eigen::Map<const RowMajorFloats>(residuals.values, n, d).cast<double>();
  const Eigen::MatrixXd second_moment = e.transpose() * e / static_cast<double>(n);
  const double total = second_moment.trace();
  if (!(total > 0)) return whitening;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(second_moment);
  const Eigen::ArrayXd values = solver.eigenvalues().array().max(0);
  const Eigen::ArrayXd shrunk = values + kShrinkage * total / static_cast<double>(d);
  const double factor = std::sqrt(total / (values / shrunk).sum());
  const Eigen::VectorXd scales = factor / shrunk.sqrt();
  const Eigen::MatrixXd& vectors = solver.eigenvectors();
  result = (vectors * scales.asDiagonal() * vectors.transpose()).cast<float>();
  return whitening;
}

}  // namespace advae
