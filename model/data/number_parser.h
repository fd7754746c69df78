#ifndef ADVAE_MODEL_DATA_NUMBER_PARSER_H_
#define ADVAE_MODEL_DATA_NUMBER_PARSER_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace advae {

enum class DecimalMark { kPoint, kComma };

// Whether a text without blanks around it marks a missing cell in one of the usual ways: an empty
// one, ?, -, NA, N/A, <NA>, #N/A, NaN, NaT, nil, none, null or \N, in upper or lower case.
bool IsUsualMissingMark(std::string_view text);

// The marks of missing cells that a table has beside the usual ones, such as "unknown" or "-999".
// Upper and lower case are the same, and blanks around a mark do not count. A mark that is a
// decimal number also stands for the other ways to write it. Immutable and thread-safe.
class MissingMarks {
 public:
  MissingMarks() = default;
  template <typename Texts>
  explicit MissingMarks(const Texts& marks) {
    for (const std::string& mark : marks) Add(mark);
  }

  bool empty() const { return texts_.empty(); }
  bool has_numbers() const { return !numbers_.empty(); }
  bool HasText(std::string_view text) const;
  // Whether the number is the nearest one of its type to a mark.
  template <typename Number>
  bool HasNumber(Number number) const {
    return std::ranges::any_of(
        numbers_, [number](double mark) { return static_cast<Number>(mark) == number; });
  }

 private:
  void Add(std::string_view mark);

  std::vector<std::string> texts_;
  std::vector<double> numbers_;
};

struct NumberOptions {
  // Unset: that of the first number that has one.
  std::optional<DecimalMark> decimal_mark = std::nullopt;
  // Whether a number such as 1,234, which may be 1.234 or 1234, is taken for 1.234 as long as no
  // decimal mark is known: so where cells are separated by semicolons, which spreadsheets do
  // because the comma is their decimal mark. Otherwise it is no number.
  bool comma_is_likely = false;
  // The decimal mark of other tables of the same origin, by which a number that may have this mark
  // or a thousands separator is read as long as no decimal mark is known. Unset: unknown.
  std::optional<DecimalMark> usual_mark = std::nullopt;
  // Marks of a missing cell, beside the usual ones (IsUsualMissingMark, MissingMarks).
  std::vector<std::string> missing = {};
};

// `text` without the blanks around it: white space of ASCII, no-break and thin ones.
std::string_view WithoutBlanks(std::string_view text);

// Whether a cell is a date, a time or both, as ISO 8601 or a country's habit has them.
bool IsDateOrTime(std::string_view cell);

// The decimal mark of a number that can be read in one way only: 1,5, 1.234,5 and 1.234.567 have a
// comma, 1.234 may have either. Unset: it has none, may have either, or the cell is no number.
std::optional<DecimalMark> ShownDecimalMark(std::string_view cell);

// Whether a number may have a decimal mark or separate its thousands, such as 1,234 and 1.234.
bool MayHaveThousands(std::string_view cell);

// The unit in a cell that is a number and a unit, such as 50.6 C, 12ms and 45 %. Empty: it is
// something else.
std::string_view UnitOf(std::string_view cell);

// Reads the numbers of one table, whose decimal mark it learns from them. Thousands may be
// separated, as 1,234,567.8, 1.234.567,8, 1 234 567,8 or 1'234'567.8 are: all of a number's groups
// have three digits, and the separator is not the decimal mark. Not thread-safe.
class NumberParser {
 public:
  explicit NumberParser(const NumberOptions& options);

  // The number in a cell: decimal, with blanks around it and a sign if it likes. A missing cell is
  // NaN, a number beyond the range of float infinite. Unset: the cell is no number.
  std::optional<float> Parse(std::string_view cell) { return ParseCell<float>(cell); }
  // The same with the precision and range of double.
  std::optional<double> ParseDouble(std::string_view cell) { return ParseCell<double>(cell); }

  // Numbers that follow have this decimal mark.
  void SetDecimalMark(DecimalMark mark) { decimal_mark_ = mark; }

  // Whether a cell is missing: empty or a mark, but for other ways to write a mark that is a
  // number.
  bool IsMissing(std::string_view cell) const;

  // Whether a cell that Parse found no number in is one that is written in another way: a
  // percentage, an amount of money, or one with another decimal mark.
  bool IsFormattedNumber(std::string_view cell) const;

  // What a cell is that Parse found no number in, and what was expected, as a message has it in
  // brackets: "a percentage; expected the number alone". Empty when there is nothing to say.
  std::string Describe(std::string_view cell) const;

  // Known from the options or from a number.
  std::optional<DecimalMark> decimal_mark() const { return decimal_mark_; }

 private:
  template <typename Number>
  std::optional<Number> ParseCell(std::string_view cell);
  // `text` has no blanks around it.
  template <typename Number>
  std::optional<Number> ParseText(std::string_view text);
  // The mark in a number of a table whose mark is not known. Unset: there is none, or it may have a
  // decimal comma or thousands separators.
  std::optional<DecimalMark> MarkIn(std::string_view text) const;
  // Whether the number has the decimal mark that others have not.
  bool HasOtherDecimalMark(std::string_view text) const;

  std::optional<DecimalMark> decimal_mark_;
  bool comma_is_likely_;
  std::optional<DecimalMark> usual_mark_;
  MissingMarks missing_;
};

// What is wrong with a cell whose number is infinite, as a message has it.
std::string_view DescribeNotFinite(std::string_view cell);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_NUMBER_PARSER_H_
