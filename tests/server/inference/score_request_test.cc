#include "server/inference/score_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/fitting/build_bundle.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

constexpr size_t kFeatures = 1000;

// A version of many features, with no schema.
class ScoreRequestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const Matrix rows = testing::RandomRows(20, kFeatures, 1);
    ASSERT_OK_AND_ASSIGN(MinMaxScaler scaler, MinMaxScaler::Fit(rows.view()));
    std::vector<std::string> names;
    for (size_t j = 0; j < kFeatures; ++j) names.push_back(absl::StrCat("f", j));
    ASSERT_OK_AND_ASSIGN(
        VersionBundle bundle,
        BuildBundle({.model = "wide",
                     .feature_names = std::move(names),
                     .latent_plan = {},
                     .seed = 1,
                     .memory_rows = 0},
                    rows.view(),
                    {.networks = {testing::RandomWeights({kFeatures, 5, 4, 2, 6, 7}, 1)}},
                    std::move(scaler)));
    ASSERT_OK_AND_ASSIGN(version_, LoadedVersion::Create(std::move(bundle)));
  }

  // A tensor of zeros of one byte each.
  void AddTensor(const std::string& name, std::vector<int64_t> shape) {
    auto& input = *request_.add_inputs();
    input.set_name(name);
    input.set_datatype("UINT8");
    size_t count = 1;
    for (const int64_t size : shape) {
      input.add_shape(size);
      count *= static_cast<size_t>(size);
    }
    request_.add_raw_input_contents()->assign(count, '\0');
  }

  absl::StatusOr<v1::ScoreRequest> Convert(uint64_t budget_bytes, const BatchLimits& limits = {}) {
    MemoryBudget budget(budget_bytes);
    MemoryLease lease(budget);
    return ScoreRequestOf(request_, *version_, limits, lease);
  }

  std::shared_ptr<const LoadedVersion> version_;
  inference::ModelInferRequest request_;
};

// Few bytes of a narrow tensor are many of the rows that they become: 704, were they counted in 32
// bits.
TEST_F(ScoreRequestTest, RefusesMoreRowsThanARequestMayHaveBeforeTheyTakeMemory) {
  AddTensor("f0", {4'294'968});
  EXPECT_THAT(Convert(uint64_t{1} << 30),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 1000000")));
}

TEST_F(ScoreRequestTest, RefusesMoreValuesThanAMatrixHas) {
  for (size_t j = 0; j < kFeatures; ++j) AddTensor(absl::StrCat("f", j), {2'200'000});
  EXPECT_THAT(Convert(uint64_t{1} << 40, {.max_queued_rows = 1 << 30, .max_request_rows = 1 << 30})
                  .status()
                  .message(),
              HasSubstr("at most 2^31 - 1 values"));
}

TEST_F(ScoreRequestTest, LooksForAllFeaturesBeforeRowsTakeMemory) {
  AddTensor("f0", {1'000'000});
  EXPECT_THAT(Convert(uint64_t{8} << 20).status().message(), HasSubstr("none for \"f1\""));
}

TEST_F(ScoreRequestTest, LeasesWhatNarrowValuesBecome) {
  AddTensor("rows", {1000, kFeatures});
  EXPECT_THAT(Convert((4 << 20) - (1 << 19)),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("bytes of memory")));
  ASSERT_OK_AND_ASSIGN(const v1::ScoreRequest request, Convert(uint64_t{16} << 20));
  EXPECT_EQ(request.rows().values_size(), 1'000'000);
}

TEST_F(ScoreRequestTest, TakesFeaturesInAnyOrder) {
  for (size_t j = kFeatures; j-- > 0;) AddTensor(absl::StrCat("f", j), {2});
  (*request_.mutable_raw_input_contents(0))[1] = 7;  // f999 of the second row
  ASSERT_OK_AND_ASSIGN(const v1::ScoreRequest request, Convert(uint64_t{1} << 20));
  EXPECT_EQ(request.rows().columns(), kFeatures);
  EXPECT_EQ(request.rows().values(2 * kFeatures - 1), 7);
  EXPECT_EQ(request.rows().values(kFeatures - 1), 0);
}

}  // namespace
}  // namespace advae
