#include "model/base/json_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "advae/v1/types.pb.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

TEST(JsonFileTest, RoundTripKeepsEveryBit) {
  v1::ThresholdRecord record;
  record.set_alpha(0.1);
  record.set_threshold(1.0 / 3);
  record.mutable_set_time()->set_seconds(1'700'000'000);
  record.mutable_set_time()->set_nanos(123'456'789);
  ASSERT_OK_AND_ASSIGN(const std::string json, ToJson(record));
  EXPECT_THAT(
      json, AllOf(HasSubstr("\"set_time\": \"2023-11-14T22:13:20.123456789Z\""), HasSubstr("\n")));
  v1::ThresholdRecord again;
  ASSERT_THAT(FromJson("file", json, again), IsOk());
  EXPECT_EQ(again.SerializeAsString(), record.SerializeAsString());
}

TEST(JsonFileTest, PassesOverFieldsOfLaterReleases) {
  v1::ThresholdRecord record;
  ASSERT_THAT(FromJson("file", R"({"alpha": 0.25, "colour": {"red": [1]}})", record), IsOk());
  EXPECT_EQ(record.alpha(), 0.25);
}

TEST(JsonFileTest, ReportsTextThatDoesNotParse) {
  v1::ThresholdRecord record;
  for (const char* const json : {"", "{", "[]", "{\"alpha\": \"much\"}"}) {
    EXPECT_THAT(FromJson("/a/file.json", json, record),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("/a/file.json: ")));
  }
}

TEST(JsonFileTest, ReportsAMessageWithoutJsonForm) {
  v1::ThresholdRecord record;
  record.mutable_set_time()->set_nanos(-5);
  EXPECT_THAT(ToJson(record), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("JSON")));
}

}  // namespace
}  // namespace advae
