#include "server/inference/score_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/fitting/build_bundle.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/table_view.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
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

// A version of a table.
class TableRequestTest : public ScoreRequestTest {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(std::shared_ptr<const TableEncoder> encoder,
                         TableEncoder::Create(testing::PumpSchema()));
    const Matrix rows = testing::FeaturesOf(testing::PumpTable(20, 1, /*gaps=*/false), *encoder);
    ASSERT_OK_AND_ASSIGN(MinMaxScaler scaler, MinMaxScaler::Fit(rows.view()));
    ASSERT_OK_AND_ASSIGN(
        VersionBundle bundle,
        BuildBundle({.model = "pump",
                     .feature_names = encoder->feature_names(),
                     .seed = 1,
                     .memory_rows = 0,
                     .encoder = encoder},
                    rows.view(),
                    {.networks = {testing::RandomWeights({rows.columns, 5, 4, 2, 6, 7}, 1)}},
                    std::move(scaler)));
    ASSERT_OK_AND_ASSIGN(version_, LoadedVersion::Create(std::move(bundle)));
  }

  // A column of the datatype FP64.
  void AddNumbers(const std::string& name, const std::vector<double>& values) {
    auto& input = *request_.add_inputs();
    input.set_name(name);
    input.set_datatype("FP64");
    input.add_shape(static_cast<int64_t>(values.size()));
    input.mutable_contents()->mutable_fp64_contents()->Add(values.begin(), values.end());
  }
};

TEST_F(TableRequestTest, NumbersMayMissBooleansAndTimes) {
  const double nan = std::nan("");
  AddNumbers("on", {1, nan, 0});
  AddNumbers("start", {1795774504.5, 1795774504250, nan});
  AddNumbers("flow", {1, nan, 2});
  ASSERT_OK_AND_ASSIGN(const v1::ScoreRequest request, Convert(uint64_t{1} << 20));
  ASSERT_OK_AND_ASSIGN(const TableView table, TableView::Create(request.table(), 10));
  const ColumnView& on = table.columns()[0];
  EXPECT_EQ(on.type(), ValueType::kBools);
  EXPECT_TRUE(on.has_value(0) && on.boolean(0));
  EXPECT_FALSE(on.has_value(1));
  EXPECT_TRUE(on.has_value(2) && !on.boolean(2));
  const ColumnView& start = table.columns()[1];
  EXPECT_EQ(start.type(), ValueType::kTimes);
  EXPECT_EQ(start.time(0), 1'795'774'504'500'000);
  EXPECT_EQ(start.time(1), 1'795'774'504'250'000);
  EXPECT_FALSE(start.has_value(2));
  EXPECT_EQ(table.columns()[2].type(), ValueType::kDoubles);
}

TEST_F(TableRequestTest, NamesTheRowOfWhatIsNoBooleanOrTime) {
  AddNumbers("on", {1, 0.5});
  EXPECT_THAT(Convert(uint64_t{1} << 20),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("input \"on\", row 1: expected 1 or 0, or NaN")));
  request_.Clear();
  AddNumbers("start", {12e20});
  EXPECT_THAT(Convert(uint64_t{1} << 20),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("input \"start\", row 0: expected a number of seconds")));
}

}  // namespace
}  // namespace advae
