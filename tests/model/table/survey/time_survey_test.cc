#include "model/table/survey/time_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "model/table/time_parts.h"
#include "tests/model/table/survey/surveys.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::SchemaOf;
using ::advae::testing::Setting;
using ::advae::testing::TableBuilder;
using ::testing::HasSubstr;

constexpr int64_t kDay = kMicrosecondsOfDay;
constexpr int64_t kHour = kDay / 24;

v1::ColumnSchema ColumnOf(const std::vector<std::optional<int64_t>>& cells,
                          const std::vector<v1::ColumnSetting>& settings = {}) {
  std::vector<std::optional<bool>> bools(cells.size(), true);
  bools[0] = false;
  const absl::StatusOr<v1::TableSchema> schema =
      SchemaOf(TableBuilder().Times("t", cells).Bools("b", bools), settings);
  EXPECT_THAT(schema, IsOk());
  return schema.ok() ? schema->columns(0) : v1::ColumnSchema();
}

TEST(TimeSurvey, TimeOfDayFromTwoDaysOn) {
  const v1::ColumnSchema column = ColumnOf({kHour, {}, kHour + 2 * kDay, 3 * kHour});
  EXPECT_EQ(column.kind(), v1::COLUMN_KIND_TIME);
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(column.time().minimum(), kHour);
  EXPECT_EQ(column.time().maximum(), kHour + 2 * kDay);
  EXPECT_TRUE(column.time().time_of_day());
  EXPECT_FALSE(column.time().day_of_week());
}

TEST(TimeSurvey, DayOfWeekFromTwoWeeksOn) {
  const v1::ColumnSchema column = ColumnOf({-7 * kDay, 7 * kDay, kHour});
  EXPECT_TRUE(column.time().time_of_day());
  EXPECT_TRUE(column.time().day_of_week());
}

TEST(TimeSurvey, TooShortIsIgnored) {
  const v1::ColumnSchema column = ColumnOf({0, 2 * kDay - 1});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_EQ(column.note(), "spans less than two days, too little to learn the time of day");
  EXPECT_EQ(column.time().maximum(), 2 * kDay - 1);
  EXPECT_FALSE(column.time().time_of_day());
}

TEST(TimeSurvey, ConstantIsIgnored) {
  EXPECT_EQ(ColumnOf({0, 0}).note(), "always 1970-01-01T00:00:00Z, which tells nothing");
}

TEST(TimeSurvey, TooShortButAskedForIsATimeOfDay) {
  for (const auto& cells : {std::vector<std::optional<int64_t>>{0, 0}, {0, kHour}}) {
    const v1::ColumnSchema column = ColumnOf(cells, {Setting("t", v1::COLUMN_KIND_TIME)});
    EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
    EXPECT_TRUE(column.time().time_of_day());
    EXPECT_FALSE(column.time().day_of_week());
  }
}

TEST(TimeSurvey, TimesWithoutDatesAreOfSeveralDaysWhenTheyGoRound) {
  const auto hours = [](const std::vector<int64_t>& cells) {
    std::vector<std::optional<int64_t>> times;
    for (const int64_t hour : cells) times.emplace_back(hour * kHour);
    return ColumnOf(times);
  };
  const v1::ColumnSchema two_days = hours({8, 12, 17, 8, 12, 17});
  EXPECT_EQ(two_days.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_TRUE(two_days.time().time_of_day());
  EXPECT_FALSE(two_days.time().day_of_week());
  // A day's log, in order and in reverse, and one with a line out of order.
  for (const auto& cells : {std::vector<int64_t>{8, 12, 17}, {17, 12, 8}, {8, 12, 11, 17}}) {
    EXPECT_THAT(hours(cells).note(), HasSubstr("in the order of a single day"));
  }
}

TEST(TimeSurvey, KeepsTheOrderOfDates) {
  v1::ColumnSetting setting;
  setting.set_name("t");
  setting.set_date_order(v1::DATE_ORDER_DAY_FIRST);
  const v1::ColumnSchema column = ColumnOf({kHour, 3 * kDay}, {setting});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(column.time().date_order(), v1::DATE_ORDER_DAY_FIRST);
}

TEST(TimeSurvey, DatesHaveNoTimeOfDay) {
  const v1::ColumnSchema column = ColumnOf({-kDay, 0, 14 * kDay});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_FALSE(column.time().time_of_day());
  EXPECT_TRUE(column.time().day_of_week());
  EXPECT_THAT(ColumnOf({0, 3 * kDay}).note(), HasSubstr("dates that span less than two weeks"));
}

TEST(TimeSurvey, TimesThatOnlyGrowAreNoCounters) {
  const v1::ColumnSchema column = ColumnOf(
      testing::Cells<int64_t>(100, [](size_t i) { return static_cast<int64_t>(i) * kHour; }));
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
}

TEST(TimeSurvey, AllTimesThereAre) {
  const v1::ColumnSchema column =
      ColumnOf({std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()});
  EXPECT_TRUE(column.time().day_of_week());
}

}  // namespace
}  // namespace advae
