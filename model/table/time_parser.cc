#include "model/table/time_parser.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/data/number_parser.h"
#include "model/table/time_parts.h"

namespace advae {
namespace {

constexpr int64_t kMicrosecond = 1;
constexpr int64_t kMillisecond = 1'000 * kMicrosecond;
constexpr int64_t kSecond = 1'000 * kMillisecond;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

void TakeBlanks(std::string_view& text) {
  while (TakeChar(text, ' ')) {
  }
}

// In upper or lower case.
bool TakeWord(std::string_view& text, std::string_view word) {
  if (!absl::StartsWithIgnoreCase({text.data(), text.size()}, {word.data(), word.size()})) {
    return false;
  }
  text.remove_prefix(word.size());
  return true;
}

// A number of `least` to `most` digits, at most `limit`.
std::optional<int64_t> TakeNumber(std::string_view& text, size_t least, size_t most,
                                  int64_t limit) {
  size_t digits = 0;
  int64_t number = 0;
  while (digits < text.size() && IsDigit(text[digits])) {
    if (digits == most) return std::nullopt;
    number = 10 * number + (text[digits++] - '0');
  }
  if (digits < least || number > limit) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

std::optional<int64_t> DaysOf(int64_t year, int64_t month, int64_t day) {
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (year < 1 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days{date}.time_since_epoch().count();
}

DateOrder UsualOrder(char separator) {
  return separator == '/' ? DateOrder::kMonthFirst : DateOrder::kDayFirst;
}

// The usual order of the date with the year last that a time starts with. Unset: there is none.
std::optional<DateOrder> UsualOrderOf(std::string_view time) {
  const std::string_view text = WithoutBlanks(time);
  const size_t separator = text.find_first_of("-/.:");
  constexpr size_t kMostDigits = 2;
  if (separator > kMostDigits || text[separator] == ':') return std::nullopt;
  return UsualOrder(text[separator]);
}

// Digits after the point of the seconds, in microseconds.
std::optional<int64_t> TakeFraction(std::string_view& text) {
  size_t digits = 0;
  int64_t fraction = 0;
  for (; digits < text.size() && IsDigit(text[digits]); ++digits) {
    if (digits < 6) fraction = 10 * fraction + (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  for (; digits < 6; ++digits) fraction *= 10;
  return fraction * kMicrosecond;
}

// Makes 12 AM 0 and 1 PM 13, where the text goes on with AM or PM. Unset: no such hour.
std::optional<int64_t> HourOf(int64_t hour, std::string_view& text) {
  std::string_view rest = text;
  TakeBlanks(rest);
  const bool is_afternoon = TakeWord(rest, "PM");
  if (!is_afternoon && !TakeWord(rest, "AM")) return hour;
  if (hour < 1 || hour > 12) return std::nullopt;
  text = rest;
  return hour % 12 + (is_afternoon ? 12 : 0);
}

// Microseconds since the start of the day: up to 24:00, and with leap seconds.
std::optional<int64_t> TakeTimeOfDay(std::string_view& text) {
  const std::optional<int64_t> hour = TakeNumber(text, 1, 2, 24);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  const std::optional<int64_t> minute = TakeNumber(text, 2, 2, 59);
  if (!minute) return std::nullopt;
  int64_t rest = *minute * kMinute;
  if (TakeChar(text, ':')) {
    const std::optional<int64_t> second = TakeNumber(text, 2, 2, 60);
    // A leap second ends a quarter of an hour in all time zones.
    if (!second || (*second == 60 && *minute % 15 != 14)) return std::nullopt;
    rest += *second * kSecond;
    if (TakeChar(text, '.') || TakeChar(text, ',')) {
      const std::optional<int64_t> fraction = TakeFraction(text);
      if (!fraction) return std::nullopt;
      rest += *fraction;
    }
  }
  const std::optional<int64_t> hour_of_day = HourOf(*hour, text);
  if (!hour_of_day || (*hour_of_day == 24 && rest > 0)) return std::nullopt;
  return *hour_of_day * kHour + rest;
}

// How far the time's zone is ahead of UTC, in microseconds.
std::optional<int64_t> TakeOffset(std::string_view& text) {
  TakeBlanks(text);
  if (text.empty() || TakeWord(text, "UTC") || TakeWord(text, "GMT") || TakeWord(text, "Z")) {
    return 0;
  }
  const bool is_behind = text.front() == '-';
  if (!TakeChar(text, '+') && !TakeChar(text, '-')) return std::nullopt;
  const bool has_minutes = text.size() > 2;
  if (has_minutes && text[2] != ':' && text.size() != 4) return std::nullopt;
  std::string_view digits = text.substr(0, 2);
  const std::optional<int64_t> hours = TakeNumber(digits, 2, 2, 18);
  if (!hours) return std::nullopt;
  text.remove_prefix(2);
  TakeChar(text, ':');
  const std::optional<int64_t> minutes = has_minutes ? TakeNumber(text, 2, 2, 59) : 0;
  if (!minutes) return std::nullopt;
  return (is_behind ? -1 : 1) * (*hours * kHour + *minutes * kMinute);
}

}  // namespace

TimeParser::TimeParser(const v1::TimeSummary& summary)
    : TimeParser(DateOrderOf(summary.date_order()),
                 HaveDates(summary.minimum(), summary.maximum())) {}

std::optional<int64_t> TimeParser::TakeDate(std::string_view& text) const {
  std::string_view rest = text;
  const std::optional<int64_t> first = TakeNumber(rest, 1, 4, 9999);
  const bool has_year_first = first && text.size() - rest.size() == 4;
  if (!first || rest.empty() || !absl::StrContains("-/.", rest.front())) return std::nullopt;
  const char separator = rest.front();
  rest.remove_prefix(1);
  const std::optional<int64_t> second = TakeNumber(rest, 1, 2, 31);
  if (!second || !TakeChar(rest, separator)) return std::nullopt;
  const std::optional<int64_t> third =
      has_year_first ? TakeNumber(rest, 1, 2, 31) : TakeNumber(rest, 4, 4, 9999);
  if (!third) return std::nullopt;
  text = rest;
  if (has_year_first) return DaysOf(*first, *second, *third);
  if (*first > 31) return std::nullopt;
  return order_.value_or(UsualOrder(separator)) == DateOrder::kDayFirst
             ? DaysOf(*third, *second, *first)
             : DaysOf(*third, *first, *second);
}

std::optional<int64_t> TimeParser::Parse(std::string_view cell) const {
  std::string_view text = WithoutBlanks(cell);
  const std::optional<int64_t> days = TakeDate(text);
  if (!days && needs_date_) return std::nullopt;
  if (days) {
    if (text.empty()) return *days * kDay;
    const bool is_separated = text.front() == 'T' || text.front() == 't' || text.front() == ' ';
    if (!is_separated) return std::nullopt;
    text.remove_prefix(1);
    TakeBlanks(text);
  }
  const std::optional<int64_t> time = TakeTimeOfDay(text);
  if (!time) return std::nullopt;
  const std::optional<int64_t> offset = TakeOffset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return days ? *days * kDay + *time - *offset : *time % kDay - *offset;
}

bool TimeParser::HasOtherOrder(std::string_view cell) const {
  if (!order_) return false;
  const DateOrder other =
      order_ == DateOrder::kDayFirst ? DateOrder::kMonthFirst : DateOrder::kDayFirst;
  return TimeParser(other, needs_date_).Parse(cell).has_value();
}

std::string TimeParser::Describe(std::string_view cell) const {
  if (HasOtherOrder(cell)) {
    return absl::StrCat("is not a date with the ", order_ == DateOrder::kDayFirst ? "day" : "month",
                        " first, as others of the column");
  }
  if (needs_date_ && TimeParser(order_).Parse(cell)) {
    return "is not a date (a time alone)";
  }
  return "is not a date or time";
}

std::optional<DateOrder> DateOrderOf(v1::DateOrder order) {
  switch (order) {
    case v1::DATE_ORDER_DAY_FIRST:
      return DateOrder::kDayFirst;
    case v1::DATE_ORDER_MONTH_FIRST:
      return DateOrder::kMonthFirst;
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> TimeOfNumber(double number) {
  struct Unit {
    double least;
    double end;
    double microseconds;
  };
  constexpr Unit kUnits[] = {{0, 1e10, kSecond},
                             {1e11, 1e13, kMillisecond},
                             {1e14, 1e16, kMicrosecond},
                             {1e17, 1e19, 1e-3}};
  for (const Unit& unit : kUnits) {
    const double size = std::abs(number);
    if (size >= unit.least && size < unit.end) return std::llround(number * unit.microseconds);
  }
  return std::nullopt;
}

void DateOrderFinder::Add(std::string_view cell) {
  const bool as_day_first = TimeParser(DateOrder::kDayFirst).Parse(cell).has_value();
  const bool as_month_first = TimeParser(DateOrder::kMonthFirst).Parse(cell).has_value();
  if (as_day_first && as_month_first) {
    ++either_;
    if (!TimeParser(std::nullopt, /*needs_date=*/true).Parse(cell)) ++without_date_;
    if (!usual_) usual_ = UsualOrderOf(cell);
  } else if (as_day_first) {
    ++day_first_;
  } else if (as_month_first) {
    ++month_first_;
  }
}

std::optional<DateOrder> DateOrderFinder::order() const {
  if (day_first_ + month_first_ == 0) return usual_;
  return day_first_ >= month_first_ ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
}

size_t DateOrderFinder::times() const { return either_ + std::max(day_first_, month_first_); }

}  // namespace advae
