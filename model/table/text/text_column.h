#ifndef ADVAE_MODEL_TABLE_TEXT_TEXT_COLUMN_H_
#define ADVAE_MODEL_TABLE_TEXT_TEXT_COLUMN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "advae/v1/types.pb.h"
#include "model/data/number_parser.h"
#include "model/table/table_view.h"
#include "model/table/time_parser.h"
#include "model/table/truth_value.h"

namespace advae {

// Tells of the cells of a training column, its first ones, how its numbers are written. Not
// thread-safe.
class NumberStyle {
 public:
  // `numbers` knows the marks of missing cells.
  void Add(std::string_view cell, const NumberParser& numbers);

  // Cells that show this decimal mark (ShownDecimalMark); 0 where less than nine of ten are
  // numbers.
  size_t Shown(DecimalMark mark) const;
  // The first number whose only mark is this one, and may be decimal or separate thousands; empty
  // without one, and where another cell shows a decimal mark.
  std::string_view Ambiguous(DecimalMark mark) const;

 private:
  size_t values_ = 0;
  size_t numbers_ = 0;
  size_t shown_[2] = {};  // by the mark
  std::string ambiguous_[2];
};

// Tells of the cells of a training column, its first ones, what values they are. Not thread-safe.
class TypeDetector {
 public:
  // `numbers` reads the numbers of the table.
  void Add(std::string_view cell, NumberParser& numbers);

  // kDoubles when each cell that is not missing is a number, if only after a percent sign or money
  // is removed; kBools when all are of one pair of truth values, a pair of
  // letters with both of them; kTimes and kDoubles also when nine of ten are dates or numbers.
  // Otherwise kStrings, as without a value.
  ValueType type() const;
  // Whether a cell had a value.
  bool has_values() const { return values_ > 0; }
  // For kTimes: of the dates of the cells that were added.
  const DateOrderFinder& dates() const { return dates_; }

 private:
  size_t values_ = 0;  // cells that are not missing
  size_t numbers_ = 0;
  size_t formatted_numbers_ = 0;
  size_t truths_[TruthWord::kPairs][2] = {};
  DateOrderFinder dates_;
};

// Parses the cells of one column, and collects their values as a message has them. Not thread-safe.
class TextColumn {
 public:
  // Of kDoubles, kBools, kStrings and kTimes. With `is_key`, of strings, marks of a missing cell
  // are values; only an empty cell has none.
  TextColumn(std::string name, ValueType type, bool is_key = false);

  const std::string& name() const { return name_; }
  ValueType type() const { return type_; }

  // For kTimes: how those are read that are added from now on; at first as TimeParser does by
  // default.
  void SetTimes(const TimeParser& times) { times_ = times; }
  const TimeParser& times() const { return times_; }
  // Adds the value in a cell, or that there is none. False when the cell has a value that is not of
  // the type; nothing is added then. A string is the cell without blanks around it, as UTF-8
  // (Utf8Of). A time may be a number from 1e8 on, as TimeOfNumber has it, which in seconds is 1973;
  // smaller ones are more likely something else.
  bool Add(std::string_view cell, NumberParser& numbers);
  // The last number that was added; NaN when it was missing. For kDoubles.
  double last_number() const;
  // Takes back the last row that was added, with its text where no row before it has the same.
  // Once after an Add.
  void RemoveLast();
  size_t rows() const { return rows_; }
  // Different strings, of the rows since the last Take.
  size_t dictionary_size() const { return dictionary_.size(); }

  // Takes the rows, and starts over without any.
  v1::TableColumn Take();

 private:
  std::optional<int64_t> ParseTime(std::string_view cell, NumberParser& numbers) const;
  void AddValidity(bool is_valid);
  template <typename Value>
  void AddBytes(Value value);
  // Of `text`, which is added to the dictionary if it is new.
  int32_t CodeOf(std::string_view text);

  std::string name_;
  ValueType type_;
  bool is_key_;
  TimeParser times_;
  size_t rows_ = 0;
  size_t missing_ = 0;    // rows without a value; those of removed rows count, too
  std::string validity_;  // unused for kDoubles, which have NaN
  std::string values_;    // or codes
  std::vector<std::string> dictionary_;
  absl::flat_hash_map<std::string, int32_t> codes_;
  std::optional<std::string> new_text_;  // that of the last row, when no row before it has it
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TEXT_TEXT_COLUMN_H_
