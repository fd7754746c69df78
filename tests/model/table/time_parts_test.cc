#include "model/table/time_parts.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace advae {
namespace {

constexpr int64_t kHour = int64_t{3'600} * 1'000'000;
// 2026-11-27T08:14:33Z, a Friday.
constexpr int64_t kFriday = int64_t{1'795'767'273} * 1'000'000;

TEST(TimeParts, OfTheEpochAndAround) {
  EXPECT_EQ(TimePartsOf(0).weekday, 3);  // Thursday
  EXPECT_EQ(TimePartsOf(0).microsecond, 0);
  EXPECT_EQ(TimePartsOf(-1).weekday, 2);
  EXPECT_EQ(TimePartsOf(-1).microsecond, kMicrosecondsOfDay - 1);
  EXPECT_EQ(TimePartsOf(-kMicrosecondsOfDay).microsecond, 0);
  EXPECT_EQ(TimePartsOf(kFriday).weekday, 4);
  EXPECT_EQ(TimePartsOf(kFriday).microsecond, 8 * kHour + kHour / 3600 * (14 * 60 + 33));
}

TEST(TimeParts, OfAnyTime) {
  for (const int64_t time :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    const TimeParts parts = TimePartsOf(time);
    EXPECT_GE(parts.microsecond, 0);
    EXPECT_LT(parts.microsecond, kMicrosecondsOfDay);
    EXPECT_GE(parts.weekday, 0);
    EXPECT_LT(parts.weekday, kDaysOfWeek);
  }
}

TEST(CyclePoint, QuartersOfADay) {
  EXPECT_EQ(TimeOfDayPoint(0), (CyclePoint{0, 1}));
  EXPECT_FLOAT_EQ(TimeOfDayPoint(6 * kHour)[0], 1);
  EXPECT_NEAR(TimeOfDayPoint(6 * kHour)[1], 0, 1e-7);
  EXPECT_NEAR(TimeOfDayPoint(18 * kHour)[0], -1, 1e-7);
  EXPECT_EQ(WeekdayPoint(0), (CyclePoint{0, 1}));
  EXPECT_NEAR(WeekdayPoint(2)[0], 0.97492791, 1e-7);   // sin(4 pi / 7)
  EXPECT_NEAR(WeekdayPoint(2)[1], -0.22252093, 1e-7);  // cos(4 pi / 7)
}

TEST(CyclePoint, Texts) {
  EXPECT_EQ(TimeOfDayText(TimeOfDayPoint(14 * kHour + kHour / 2)), "about 14:30");
  EXPECT_EQ(TimeOfDayText(TimeOfDayPoint(kHour / 60 * 7)), "about 00:05");
  EXPECT_EQ(TimeOfDayText(TimeOfDayPoint(24 * kHour - kHour / 60)), "about 00:00");
  EXPECT_EQ(TimeOfDayText({-0.5, 0}), "about 18:00");  // between points
  for (int day = 0; day < kDaysOfWeek; ++day) {
    const char* const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                 "Friday", "Saturday", "Sunday"};
    EXPECT_EQ(WeekdayText(WeekdayPoint(day)), names[day]);
  }
}

TEST(CyclePoint, NearNone) {
  EXPECT_EQ(TimeOfDayText({0.05F, 0.05F}), "any time");
  EXPECT_EQ(WeekdayText({0, 0}), "any day");
  EXPECT_EQ(WeekdayText({std::numeric_limits<float>::quiet_NaN(), 1}), "any day");
}

TEST(TimeText, InUtc) {
  EXPECT_EQ(TimeText(kFriday), "2026-11-27T08:14:33Z");
  EXPECT_EQ(TimeText(kFriday + 250'000), "2026-11-27T08:14:33.25Z");
  EXPECT_EQ(TimeText(-1), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace advae
