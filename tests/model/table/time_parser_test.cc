#include "model/table/time_parser.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace advae {
namespace {

constexpr int64_t kSecond = 1'000'000;

// In the order that the cell shows.
std::optional<int64_t> Parse(const std::string& cell) {
  DateOrderFinder finder;
  finder.Add(cell);
  return TimeParser(finder.order()).Parse(cell);
}

std::optional<DateOrder> OrderOf(const std::vector<std::string>& cells) {
  DateOrderFinder finder;
  for (const std::string& cell : cells) finder.Add(cell);
  return finder.order();
}

// Seconds as `date --utc --date=... +%s` has them.
TEST(TimeParser, ReadsIso8601) {
  EXPECT_EQ(Parse("2026-11-27"), 1795737600 * kSecond);
  EXPECT_EQ(Parse("2026-11-27T10:15:04Z"), 1795774504 * kSecond);
  EXPECT_EQ(Parse("2026-11-27 10:15:04"), 1795774504 * kSecond);
  EXPECT_EQ(Parse("2026-11-27 10:15"), 1795774500 * kSecond);
  EXPECT_EQ(Parse(" 2026-11-27t10:15:04.5 "), 1795774504 * kSecond + 500'000);
  EXPECT_EQ(Parse("1970-01-01T00:00:00.000001Z"), 1);
  EXPECT_EQ(Parse("1970-01-01 00:00:00.0000019"), 1);
  EXPECT_EQ(Parse("1969-12-31 23:59:59"), -kSecond);
  EXPECT_EQ(Parse("2024-02-29"), 1709164800 * kSecond);
}

TEST(TimeParser, TheEndOfADayAndLeapSeconds) {
  EXPECT_EQ(Parse("2026-11-27T24:00:00Z"), 1795824000 * kSecond);
  EXPECT_EQ(Parse("2026-11-27 24:00"), 1795824000 * kSecond);
  EXPECT_EQ(Parse("2016-12-31 23:59:60"), 1483228800 * kSecond);
  EXPECT_EQ(Parse("2017-01-01 05:29:60.25+05:30"), 1483228800 * kSecond + 250'000);
  EXPECT_EQ(Parse("24:00"), 0);
  EXPECT_EQ(Parse("23:59:60"), 0);
}

TEST(TimeParser, OffsetsAreTakenOff) {
  EXPECT_EQ(Parse("2026-11-27T11:15:04+01:00"), 1795774504 * kSecond);
  EXPECT_EQ(Parse("2026-11-27T11:15:04+0100"), 1795774504 * kSecond);
  EXPECT_EQ(Parse("2026-11-27T11:15:04 +01"), 1795774504 * kSecond);
  EXPECT_EQ(Parse("2026-11-27T04:45:04-05:30"), 1795774504 * kSecond);
  EXPECT_EQ(Parse("2026-11-27 10:15:04 UTC"), 1795774504 * kSecond);
}

TEST(TimeParser, ReadsTheHabitsOfCountries) {
  EXPECT_EQ(Parse("28/12/2015 10:29:14 AM"), 1451298554 * kSecond);
  EXPECT_EQ(Parse("12/28/2015 10:29:14 AM"), 1451298554 * kSecond);
  EXPECT_EQ(Parse("28.12.2015 22:29"), 1451341740 * kSecond);
  EXPECT_EQ(Parse("2015/12/28 10:29:14"), 1451298554 * kSecond);
  EXPECT_EQ(Parse("28.12.2015 10:29:14 pm"), (1451298554 + 12 * 3600) * kSecond);
  EXPECT_EQ(Parse("12:00 AM"), 0);
  EXPECT_EQ(Parse("12:30 PM"), (12 * 3600 + 1800) * kSecond);
}

TEST(TimeParser, ATimeAloneIsOfTheFirstDay) {
  EXPECT_EQ(Parse("00:00"), 0);
  EXPECT_EQ(Parse("23:59:59"), 86399 * kSecond);
}

TEST(TimeParser, ATimeAloneIsNoneWhereDatesAre) {
  const TimeParser dates(std::nullopt, /*needs_date=*/true);
  EXPECT_FALSE(dates.Parse("10:29"));
  EXPECT_TRUE(dates.Parse("2026-03-01 10:29"));
  EXPECT_EQ(dates.Describe("10:29"), "is not a date (a time alone)");
  EXPECT_EQ(dates.Describe("soon"), "is not a date or time");
  // As the training rows had them.
  v1::TimeSummary summary;
  summary.set_maximum(43'200'000'000);
  EXPECT_TRUE(TimeParser(summary).Parse("10:29"));
  summary.set_maximum(1'767'571'200'000'000);
  EXPECT_FALSE(TimeParser(summary).Parse("10:29"));
}

TEST(TimeParser, DescribesADateInTheOtherOrder) {
  v1::TimeSummary summary;
  summary.set_date_order(v1::DATE_ORDER_DAY_FIRST);
  EXPECT_EQ(TimeParser(summary).Describe("12/28/2026"),
            "is not a date with the day first, as others of the column");
  summary.set_date_order(v1::DATE_ORDER_MONTH_FIRST);
  EXPECT_TRUE(TimeParser(summary).HasOtherOrder("28/12/2026 10:29"));
  EXPECT_FALSE(TimeParser(summary).HasOtherOrder("28/28/2026"));
  EXPECT_FALSE(TimeParser().HasOtherOrder("28/12/2026"));
}

TEST(DateOrderFinder, TellsWhetherMostTimesHaveADate) {
  DateOrderFinder finder;
  EXPECT_FALSE(finder.have_dates());
  for (const char* const cell : {"2026-03-01", "13/02/2026 10:00", "soon"}) finder.Add(cell);
  EXPECT_TRUE(finder.have_dates());
  for (const char* const cell : {"10:29", "14:05"}) finder.Add(cell);
  EXPECT_FALSE(finder.have_dates());
}

TEST(TimeParser, KeepsItsOrderOfDayAndMonth) {
  const int64_t first_of_february = 1422748800 * kSecond;
  const int64_t second_of_january = 1420156800 * kSecond;
  EXPECT_EQ(Parse("01/02/2015"), second_of_january);
  EXPECT_EQ(Parse("01.02.2015"), first_of_february);
  EXPECT_EQ(Parse("01-02-2015"), first_of_february);
  const TimeParser by_default;
  EXPECT_FALSE(by_default.Parse("13/02/2015"));
  EXPECT_EQ(by_default.Parse("01/02/2015"), second_of_january);
  const TimeParser day_first(DateOrder::kDayFirst);
  EXPECT_TRUE(day_first.Parse("13/02/2015"));
  EXPECT_EQ(day_first.Parse("01/02/2015"), first_of_february);
  EXPECT_FALSE(day_first.Parse("02/13/2015"));
  const TimeParser month_first(DateOrder::kMonthFirst);
  EXPECT_EQ(month_first.Parse("01.02.2015"), second_of_january);
  EXPECT_FALSE(month_first.Parse("13.02.2015"));
}

TEST(DateOrderFinder, GoesByDaysAboveTwelve) {
  EXPECT_EQ(OrderOf({"2015-12-28", "2015.02.01", "12:00", "10:15:04.5", "x"}), std::nullopt);
  EXPECT_EQ(OrderOf({"01/02/2015", "13/02/2015"}), DateOrder::kDayFirst);
  EXPECT_EQ(OrderOf({"01.02.2015", "02.13.2015 10:00"}), DateOrder::kMonthFirst);
  EXPECT_EQ(OrderOf({"13/02/2015", "02/13/2015", "02/14/2015"}), DateOrder::kMonthFirst);
}

TEST(DateOrderFinder, GuessesByTheFirstSeparator) {
  for (const auto& [cell, order] : {std::pair("01/02/2015", DateOrder::kMonthFirst),
                                    std::pair(" 1.2.2015 10:29", DateOrder::kDayFirst),
                                    std::pair("01-02-2015", DateOrder::kDayFirst)}) {
    DateOrderFinder finder;
    EXPECT_FALSE(finder.is_guess());
    finder.Add("2015-12-28");
    EXPECT_FALSE(finder.is_guess());
    finder.Add(cell);
    EXPECT_EQ(finder.order(), order) << cell;
    EXPECT_TRUE(finder.is_guess());
    finder.Add("13/02/2015");
    EXPECT_EQ(finder.order(), DateOrder::kDayFirst);
    EXPECT_FALSE(finder.is_guess());
  }
}

TEST(DateOrderFinder, OnlyWholeDatesCount) {
  for (const char* const cell : {"13/13/2026", "31/02/2026", "28/12/2026x", "28/12/2026 25:00"}) {
    EXPECT_EQ(OrderOf({cell}), std::nullopt) << cell;
  }
}

TEST(DateOrderFinder, CountsTimesInTheOrder) {
  DateOrderFinder finder;
  for (const char* const cell : {"13/02/2015", "02/13/2015", "02/14/2015", "01/01/2015", "x"}) {
    finder.Add(cell);
  }
  EXPECT_EQ(finder.times(), 3);
}

TEST(TimeOfNumber, TellsUnitsBySize) {
  constexpr int64_t kTime = 1795774504 * kSecond;
  EXPECT_EQ(TimeOfNumber(1795774504), kTime);
  EXPECT_EQ(TimeOfNumber(1795774504.25), kTime + 250'000);
  EXPECT_EQ(TimeOfNumber(1795774504.123456), kTime + 123'456);
  EXPECT_EQ(TimeOfNumber(1795774504250), kTime + 250'000);
  EXPECT_EQ(TimeOfNumber(1795774504250001), kTime + 250'001);
  EXPECT_EQ(TimeOfNumber(1795774504250001024), kTime + 250'001);
  EXPECT_EQ(TimeOfNumber(0), 0);
  EXPECT_EQ(TimeOfNumber(-1.5), -1'500'000);
  EXPECT_EQ(TimeOfNumber(-2e11), -200'000'000 * kSecond);
}

TEST(TimeOfNumber, RefusesOtherSizes) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double number : {1e10, 9.9e10, 1e13, 20260102103000.0, 1e16, 1e19, -1e19, kInfinity,
                              std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(TimeOfNumber(number), std::nullopt) << number;
  }
}

TEST(TimeParser, RefusesWhatIsNoTime) {
  for (const char* const cell : {"",
                                 "noon",
                                 "12",
                                 "1.5",
                                 "2026-02-29",
                                 "2026-13-01",
                                 "2026-00-01",
                                 "2026-11-31",
                                 "24:01",
                                 "24:00:00.5",
                                 "24:00 AM",
                                 "12:60",
                                 "12:00:60",
                                 "0:1",
                                 "1:2:3:4",
                                 "13:00 PM",
                                 "2026-11-27x",
                                 "2026-11-27T",
                                 "2026-11-27 10:15 CET",
                                 "2026-11-27T10:15:04+1",
                                 "2026-11-27T10:15:04+01:",
                                 "2026-11-27T10:15:04+0100x",
                                 "2026-11-27T10:15:04+01x00",
                                 "1.2.3",
                                 "192.168.0.1",
                                 "20260102",
                                 "12/28/15",
                                 "32.01.2015",
                                 "0000-01-01",
                                 "2026-1/2",
                                 "10:15.5",
                                 "10:15:04.",
                                 "99999999999999999999:00"}) {
    EXPECT_FALSE(Parse(cell)) << cell;
  }
}

}  // namespace
}  // namespace advae
