#ifndef ADVAE_MODEL_TABLE_TIME_PARSER_H_
#define ADVAE_MODEL_TABLE_TIME_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "advae/v1/types.pb.h"
#include "model/data/table_input.h"

namespace advae {

// Unset for DATE_ORDER_UNSPECIFIED.
std::optional<DateOrder> DateOrderOf(v1::DateOrder order);

// Reads the dates and times of one column. A cell is a date, a time of the day, or both, with a 'T'
// or blanks between them:
//
//   date    2026-03-01, or with '/' or '.'; with the year last 28/12/2026, 12/28/2026, 28.12.2026
//   time    10:29, 10:29:14, 10:29:14.123456 or 10:29:14 AM; at its end Z, UTC, GMT or an offset
//           such as +01:00; 24:00 is the end of the day, and 23:59:60, a leap second, too
//
// Without an offset it is in UTC. A time without a date is of 1970-01-01. Thread-safe.
class TimeParser {
 public:
  // Without `order` the month comes first between slashes, and the day otherwise. With `needs_date`
  // a time without a date is something else.
  explicit TimeParser(std::optional<DateOrder> order = std::nullopt, bool needs_date = false)
      : order_(order), needs_date_(needs_date) {}
  // For a column of times that a version was trained on.
  explicit TimeParser(const v1::TimeSummary& summary);

  std::optional<DateOrder> order() const { return order_; }
  bool needs_date() const { return needs_date_; }

  // Microseconds since 1970-01-01T00:00:00Z, rounded down. Unset: the cell is something else, or a
  // date that does not exist.
  std::optional<int64_t> Parse(std::string_view cell) const;

  // Whether a cell that Parse does not read is a date or time in the other order.
  bool HasOtherOrder(std::string_view cell) const;
  // What a cell is that Parse does not read, as a message has it after the cell: "is not a date or
  // time".
  std::string Describe(std::string_view cell) const;

 private:
  // Days since 1970-01-01; takes the date off the start of `text`.
  std::optional<int64_t> TakeDate(std::string_view& text) const;

  std::optional<DateOrder> order_;
  bool needs_date_;
};

// The time that a number stands for, in microseconds since 1970-01-01T00:00:00Z, to the nearest. By
// its size it counts since then seconds (up to 1e10), milliseconds (1e11 to 1e13), microseconds
// (1e14 to 1e16) or nanoseconds (1e17 to 1e19), which is until the year 2286. Unset: it has another
// size.
std::optional<int64_t> TimeOfNumber(double number);

// Finds the order of a column's dates from some of its cells, of which those with a day above 12
// show it. Not thread-safe.
class DateOrderFinder {
 public:
  void Add(std::string_view cell);

  // That of most cells that show one. Where none does, the one in which TimeParser reads the first
  // date with the year last by default. Unset: there is none.
  std::optional<DateOrder> order() const;
  // Whether no cell shows the order.
  bool is_guess() const { return order().has_value() && day_first_ + month_first_ == 0; }
  // Cells that are dates or times in this order.
  size_t times() const;
  // Whether most of them have a date.
  bool have_dates() const { return 2 * without_date_ < times(); }

 private:
  size_t either_ = 0;  // in both orders
  size_t day_first_ = 0;
  size_t month_first_ = 0;
  size_t without_date_ = 0;
  std::optional<DateOrder> usual_;  // of the first cell that could have either
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TIME_PARSER_H_
