#ifndef ADVAE_MODEL_TABLE_TEXT_TIME_PARSER_H_
#define ADVAE_MODEL_TABLE_TEXT_TIME_PARSER_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace advae {

// Reads the dates and times of one column. A cell is a date, a time of the day, or both, with a 'T'
// or blanks between them:
//
//   date    2026-03-01, or with '/' or '.'; with the year last 28/12/2026, 12/28/2026, 28.12.2026
//   time    10:29, 10:29:14, 10:29:14.123456 or 10:29:14 AM; at its end Z, UTC, GMT or an offset
//           such as +01:00
//
// Without an offset it is in UTC. A time without a date is of 1970-01-01. With the year last, day
// or month come first as the first date of the column shows that has a number above 12; until then
// the month does between slashes, and the day otherwise. Not thread-safe.
class TimeParser {
 public:
  // Microseconds since 1970-01-01T00:00:00Z, rounded down. Unset: the cell is something else, or a
  // date that does not exist.
  std::optional<int64_t> Parse(std::string_view cell);

 private:
  enum class DateOrder { kDayFirst, kMonthFirst };

  // Days since 1970-01-01; takes the date off the start of `text`.
  std::optional<int64_t> TakeDate(std::string_view& text);
  std::optional<DateOrder> OrderOf(int64_t first, int64_t second, char separator);

  std::optional<DateOrder> order_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TEXT_TIME_PARSER_H_
