#ifndef ADVAE_TESTS_TESTING_SIMD_TARGET_TEST_H_
#define ADVAE_TESTS_TESTING_SIMD_TARGET_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>

// What highway.h makes its list of targets of.
// clang-format off
#include "model/simd/simd_targets.h"
#include <hwy/highway.h>
// clang-format on

namespace advae {

// Runs on the SIMD target that is its parameter, one of hwy::SupportedAndGeneratedTargets().
class SimdTargetTest : public ::testing::TestWithParam<int64_t> {
 protected:
  void SetUp() override { Choose(GetParam()); }
  void TearDown() override { Choose(0); }

 private:
  static void Choose(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace advae

#endif  // ADVAE_TESTS_TESTING_SIMD_TARGET_TEST_H_
