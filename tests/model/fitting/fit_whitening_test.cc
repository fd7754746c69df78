#include "model/fitting/fit_whitening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "model/scoring/whitening.h"
#include "tests/testing/random_model.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using testing::RandomRows;

TEST(FitWhiteningTest, GoldenValue) {
  // C = diag(4, 1) / 2, tr(C) = 2.5, S = C + 0.05 * 1.25 I = diag(2.0625, 0.5625). The mean of
  // e^T S^-1 e is 2 / 2.0625 + 0.5 / 0.5625 = 1.8585859, so that f^2 = 2.5 / 1.8585859 = 1.3451087.
  const std::vector<float> residuals = {2, 0, 0, -1};
  EXPECT_THAT(FitWhitening({residuals.data(), 2, 2}),
              ElementsAre(FloatEq(std::sqrt(1.3451087 / 2.0625)), FloatEq(0), FloatEq(0),
                          FloatEq(std::sqrt(1.3451087 / 0.5625))));
}

TEST(FitWhiteningTest, IsSymmetricAndKeepsTheMeanError) {
  Matrix residuals = RandomRows(40, 5, /*seed=*/1);
  for (size_t i = 0; i < residuals.rows(); ++i) {
    residuals.values[i * 5 + 1] = residuals.values[i * 5] * 3;  // of rank 4
  }
  const std::vector<float> whitening = FitWhitening(residuals.view());
  double before = 0;
  double after = 0;
  std::vector<double> whitened(5);
  for (size_t i = 0; i < residuals.rows(); ++i) {
    const std::vector<double> e(residuals.row(i).begin(), residuals.row(i).end());
    Whiten(whitening, e, whitened);
    for (size_t j = 0; j < 5; ++j) {
      before += e[j] * e[j];
      after += whitened[j] * whitened[j];
      EXPECT_NEAR(whitening[i % 5 * 5 + j], whitening[j * 5 + i % 5], 1e-5);
    }
  }
  EXPECT_NEAR(after, before, 1e-4 * before);
}

TEST(FitWhiteningTest, IsTheIdentityWithoutResiduals) {
  const std::vector<float> zeros = {0, 0};
  EXPECT_THAT(FitWhitening({zeros.data(), 1, 2}), ElementsAre(1, 0, 0, 1));
  EXPECT_THAT(FitWhitening({nullptr, 0, 2}), ElementsAre(1, 0, 0, 1));
}

TEST(WhitenTest, MultipliesWithTheMatrix) {
  const std::vector<float> whitening = {2, 1, 1, 3};
  std::vector<double> whitened = {9, 9};
  Whiten(whitening, std::vector<double>{1, -2}, whitened);
  EXPECT_THAT(whitened, ElementsAre(0, -5));
}

}  // namespace
}  // namespace advae
