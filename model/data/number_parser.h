#ifndef ADVAE_MODEL_DATA_NUMBER_PARSER_H_
#define ADVAE_MODEL_DATA_NUMBER_PARSER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace advae {

enum class DecimalMark { kPoint, kComma };

struct NumberOptions {
  // Unset: that of the first number that has one.
  std::optional<DecimalMark> decimal_mark = std::nullopt;
  // Whether a number such as 1,234, which may be 1.234 or 1234, is taken for 1.234 as long as no
  // decimal mark is known: so where cells are separated by semicolons, which spreadsheets do
  // because the comma is their decimal mark. Otherwise it is no number.
  bool comma_is_likely = false;
  // Marks of a missing cell, beside an empty one and kMissingMarkers. Upper and lower case are the
  // same. A mark that is a number also stands for the other ways to write it.
  std::vector<std::string> missing = {};
};

// Cells without a value, in the usual ways to write them, in lower case.
inline constexpr std::string_view kMissingMarkers[] = {"?",   "-",   "na",  "n/a",  "<na>", "#n/a",
                                                       "nan", "nat", "nil", "none", "null", "\\n"};

// `text` without the blanks around it: white space of ASCII, no-break and thin ones.
std::string_view WithoutBlanks(std::string_view text);

// Whether a cell is a date, a time or both, as ISO 8601 or a country's habit has them.
bool IsDateOrTime(std::string_view cell);

// Reads the numbers of one table, whose decimal mark it learns from them. Not thread-safe.
class NumberParser {
 public:
  explicit NumberParser(const NumberOptions& options);

  // The number in a cell: decimal, with blanks around it and a sign if it likes. A missing cell is
  // NaN, a number beyond the range of float infinite. Unset: the cell is no number.
  std::optional<float> Parse(std::string_view cell);

  // What a cell is that Parse found no number in, and what was expected, as a message has it in
  // brackets: "a percentage; expected the number alone". Empty when there is nothing to say.
  std::string Describe(std::string_view cell) const;

  // Known from the options or from a number.
  std::optional<DecimalMark> decimal_mark() const { return decimal_mark_; }

 private:
  bool IsMissing(std::string_view text) const;
  // `text` has no blanks around it.
  std::optional<float> ParseText(std::string_view text);
  std::optional<float> ParseWithComma(std::string_view text);

  std::optional<DecimalMark> decimal_mark_;
  bool comma_is_likely_;
  absl::flat_hash_set<std::string> missing_;  // in lower case
  std::vector<float> missing_numbers_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_NUMBER_PARSER_H_
