#include "model/data/label_check.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(IsLabelName, TakesNoNoticeOfCaseAndPunctuation) {
  for (const char* const name : {"label", "Label", " labels", "Class", "is_anomaly", "Is Anomaly",
                                 "isAnomaly", "Normal/Attack", "outlier", "ground-truth", "y"}) {
    EXPECT_TRUE(IsLabelName(name)) << name;
  }
  for (const char* const name : {"", "_", "temperature", "class_size", "yaw", "label_count",
                                 "anomaly score", "x", "\xc3\xa9tiquette"}) {
    EXPECT_FALSE(IsLabelName(name)) << name;
  }
}

TEST(ParseLabel, KnowsTheUsualOnes) {
  NumberParser numbers({});
  for (const char* const cell :
       {"1", "1.0", "true", "TRUE", " yes", "y", "Attack", "anomaly", "fraud"}) {
    EXPECT_EQ(ParseLabel(cell, {}, numbers), true) << cell;
  }
  for (const char* const cell : {"0", "0.0", "False", "no", "N", "Normal", "BENIGN"}) {
    EXPECT_EQ(ParseLabel(cell, {}, numbers), false) << cell;
  }
  for (const char* const cell : {"", "2", "-1", "A ttack", "maybe"}) {
    EXPECT_EQ(ParseLabel(cell, {}, numbers), std::nullopt) << cell;
  }
}

TEST(ParseLabel, TakesAllButTheNamedOnesForAnomalies) {
  NumberParser numbers({});
  const std::vector<std::string> normal = {"Normal", "1"};
  for (const char* const cell : {"normal", " Normal ", "1", "1.0"}) {
    EXPECT_EQ(ParseLabel(cell, normal, numbers), false) << cell;
  }
  for (const char* const cell : {"A ttack", "-1", "0", "neptune"}) {
    EXPECT_EQ(ParseLabel(cell, normal, numbers), true) << cell;
  }
  // A row whose label is missing is neither.
  for (const char* const cell : {"", "NA"}) {
    EXPECT_EQ(ParseLabel(cell, normal, numbers), std::nullopt) << cell;
  }
}

// The verdict on rows [2][n] of a feature "a" and a column `name`, in two chunks.
absl::Status Verdict(const std::string& name, const std::vector<float>& values) {
  LabelCheck check({"a", name});
  for (const size_t half : {0, 1}) {
    Matrix rows{.values = {}, .columns = 2};
    for (size_t i = half * values.size() / 2; i < (half + 1) * values.size() / 2; ++i) {
      rows.values.insert(rows.values.end(), {static_cast<float>(i % 2), values[i]});
    }
    check.Add(rows.view());
  }
  return check.Verdict();
}

TEST(LabelCheck, TellsLargeNumbersApart) {
  EXPECT_THAT(Verdict("y", {1234567, 1234568, 1234569, 1234567}), IsOk());
  EXPECT_THAT(Verdict("y", {1234567, 1234568, 1234568, 1234567}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("its only values are 1234567 and 1234568.")));
}

TEST(LabelCheck, RefusesALabelsNameWithAtMostTwoValues) {
  EXPECT_THAT(
      Verdict("label", {0, 1, 1, 0}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("column \"label\" looks like a label: its only values are 0 and 1.")));
  EXPECT_THAT(
      Verdict("Outlier", {-1, 1, -1, 1}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("its only values are -1 and 1.")));
  EXPECT_THAT(Verdict("attack", {0, 0, 0, 0}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("its only value is 0.")));
}

TEST(LabelCheck, AcceptsOtherNamesAndMoreValues) {
  EXPECT_THAT(Verdict("door", {0, 1, 1, 0}), IsOk());
  EXPECT_THAT(Verdict("class", {0, 1, 1, 2}), IsOk());
  EXPECT_THAT(Verdict("label", {}), IsOk());
}

TEST(LabelCheck, NamesItsSuspects) {
  EXPECT_THAT(LabelCheck({"a", "Class", "y"}).Suspects(), ElementsAre("Class", "y"));
  EXPECT_THAT(LabelCheck({"a"}).Suspects(), IsEmpty());
}

}  // namespace
}  // namespace advae
