#include "model/simd/matrix_product.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/testing/simd_target_test.h"

namespace advae {
namespace {

constexpr float kUntouched = 99;

class MatrixProductTest : public SimdTargetTest {
 protected:
  // A matrix [rows, columns], stored by rows or by columns.
  ConstMatrix Random(size_t rows, size_t columns, bool by_columns, std::vector<float>& memory) {
    std::normal_distribution<float> normal;
    memory.resize(rows * columns);
    for (float& value : memory) value = normal(random_);
    return by_columns ? ConstMatrix{memory.data(), rows, columns, 1, rows}
                      : ConstMatrix{memory.data(), rows, columns, columns, 1};
  }

  static double At(const ConstMatrix& matrix, size_t i, size_t j) {
    return matrix.values[i * matrix.row_step + j * matrix.column_step];
  }

  // Expects a b to be what its definition says, and nothing else to be written.
  void ExpectProduct(const ConstMatrix& a, const ConstMatrix& b) {
    constexpr size_t kGuard = 64;
    const size_t size = a.rows * b.columns;
    std::vector<float> result(size + 2 * kGuard, kUntouched);
    product_.Multiply(a, b, result.data() + kGuard);
    for (size_t i = 0; i < kGuard; ++i) {
      ASSERT_EQ(result[i], kUntouched);
      ASSERT_EQ(result[kGuard + size + i], kUntouched);
    }
    for (size_t i = 0; i < a.rows; ++i) {
      for (size_t j = 0; j < b.columns; ++j) {
        double sum = 0;
        double magnitude = 0;
        for (size_t k = 0; k < a.columns; ++k) {
          sum += At(a, i, k) * At(b, k, j);
          magnitude += std::abs(At(a, i, k) * At(b, k, j));
        }
        // Each addition and product rounds what there is so far.
        const double tolerance = magnitude * static_cast<double>(a.columns) * 1.2e-7;
        ASSERT_NEAR(result[kGuard + i * b.columns + j], sum, tolerance) << i << ", " << j;
      }
    }
  }

  std::mt19937 random_{5};
  MatrixProduct product_;
};

// Around the sizes of blocks and vectors, so that whole ones and what is left of them are met.
TEST_P(MatrixProductTest, IsTheSumOfProducts) {
  std::vector<float> a;
  std::vector<float> b;
  for (const size_t rows : {1, 2, 5, 6, 7, 12, 13, 29}) {
    for (const size_t columns : {1, 3, 4, 5, 15, 16, 17, 22, 63, 64, 65, 100}) {
      for (const size_t inner : {1, 2, 16, 17, 40}) {
        for (const bool a_by_columns : {false, true}) {
          for (const bool b_by_columns : {false, true}) {
            SCOPED_TRACE(::testing::Message() << rows << " x " << inner << " x " << columns << ", "
                                              << a_by_columns << b_by_columns);
            ASSERT_NO_FATAL_FAILURE(ExpectProduct(Random(rows, inner, a_by_columns, a),
                                                  Random(inner, columns, b_by_columns, b)));
          }
        }
      }
    }
  }
}

TEST_P(MatrixProductTest, WideMatrices) {
  std::vector<float> a;
  std::vector<float> b;
  ExpectProduct(Random(70, 2000, false, a), Random(2000, 30, true, b));
  ExpectProduct(Random(9, 30, true, a), Random(30, 1500, false, b));
}

TEST_P(MatrixProductTest, NothingToSumIsZero) {
  const ConstMatrix a{nullptr, 2, 0, 0, 1};
  const ConstMatrix b{nullptr, 0, 3, 3, 1};
  std::vector<float> result(6, kUntouched);
  product_.Multiply(a, b, result.data());
  EXPECT_EQ(result, std::vector<float>(6, 0));
}

TEST_P(MatrixProductTest, MatricesWithoutElements) {
  std::vector<float> memory;
  float untouched = kUntouched;
  product_.Multiply({nullptr, 0, 3, 3, 1}, Random(3, 5, false, memory), &untouched);
  product_.Multiply(Random(3, 5, false, memory), {nullptr, 5, 0, 0, 1}, &untouched);
  EXPECT_EQ(untouched, kUntouched);
}

TEST_P(MatrixProductTest, ShowsValuesThatAreNotNumbers) {
  constexpr size_t kRows = 20, kInner = 30, kColumns = 40, kRowOfNan = 7;
  std::vector<float> a;
  std::vector<float> b;
  const ConstMatrix left = Random(kRows, kInner, false, a);
  const ConstMatrix right = Random(kInner, kColumns, false, b);
  a[kRowOfNan * kInner + 11] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> result(kRows * kColumns);
  product_.Multiply(left, right, result.data());
  for (size_t i = 0; i < result.size(); ++i) {
    EXPECT_EQ(std::isnan(result[i]), i / kColumns == kRowOfNan) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, MatrixProductTest,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& param) { return hwy::TargetName(param.param); });

}  // namespace
}  // namespace advae
