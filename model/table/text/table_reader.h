#ifndef ADVAE_MODEL_TABLE_TEXT_TABLE_READER_H_
#define ADVAE_MODEL_TABLE_TEXT_TABLE_READER_H_

#include <cstddef>
#include <deque>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/data_set.h"
#include "model/data/label_check.h"
#include "model/data/table_lines.h"
#include "model/table/table_view.h"
#include "model/table/text/text_column.h"
#include "model/table/time_parser.h"

namespace advae {

// Rows of one table, as a message has them.
struct TableRows {
  v1::Table table;
  std::vector<bool> labels;       // size: rows when labels were read, otherwise empty
  std::vector<std::string> keys;  // row-major, size: rows * number of key columns
  // The number of each row in the file, from 0, in which bad lines count too.
  std::vector<size_t> row_numbers;  // size: rows
};

// Reads a table from text as DataSetReader does, but columns of any values, into Table messages: a
// column of numbers becomes doubles, one of truth values bools, one of dates and times times, any
// other one strings, and marks of missing cells become missing values. docs/TABLES.md has the
// rules. Not thread-safe.
class TableReader {
 public:
  // Rows read before types are detected: as many, or fewer of as many bytes.
  static constexpr size_t kSampleRows = 4096;
  static constexpr size_t kSampleBytes = size_t{4} << 20;

  // A table to train on: all columns but the ignored and nameless ones. Keys and label are read as
  // strings. Types follow from `settings` where they have a kind, otherwise from the first rows
  // (TypeDetector), for which it waits, so that they do not depend on how a pipe cuts its text. Of
  // `options`, `columns` and `allow_not_finite` do not matter. Errors as in TableLines::Create;
  // kInvalidArgument when a setting fits no column.
  static absl::StatusOr<TableReader> ForTraining(std::istream& input, DataSetOptions options,
                                                 std::vector<v1::ColumnSetting> settings);

  // A table to score: the columns that are features of `schema`, with types that fit their kinds,
  // with its marks of missing cells beside those of `options`, and dates in the order that it has
  // for them, then its keys, where the table has them, as strings. Other columns may hold anything.
  // Errors as in TableLines::Create.
  static absl::StatusOr<TableReader> ForScoring(std::istream& input, const DataSetOptions& options,
                                                const v1::TableSchema& schema);

  // Of the keys whose texts go with each row; empty for a training.
  const std::vector<std::string>& key_names() const { return key_names_; }
  bool has_labels() const { return label_.has_value(); }
  // For a training: `settings`, then those that tell of keys and label, and of the orders in which
  // dates are read.
  const std::vector<v1::ColumnSetting>& settings() const { return settings_; }
  // For a training: the decimal mark of its numbers, if one is known.
  v1::DecimalMark decimal_mark() const;
  // With `refuse_label_feature`: the columns with a label's name.
  std::vector<std::string> LabelSuspects() const {
    return label_check_ ? label_check_->Suspects() : std::vector<std::string>();
  }
  const std::string& source_name() const { return lines_.source_name(); }
  // TableLines::notes, then for a training of columns without a value in the sample, of dates whose
  // order is a guess, and of numbers whose decimal mark is.
  const std::vector<std::string>& notes() const { return notes_; }
  // Those so far.
  const BadLines& bad_lines() const { return lines_.bad_lines(); }
  // How the first number so far was read that has separators between its thousands, with line and
  // column; empty when there is none.
  const std::string& thousands_note() const { return thousands_note_; }

  // The next rows: at least one, then as many as there are without waiting for further input, at
  // most `max_rows`, and no more than make a message of about a megabyte; none at the end of the
  // input. Rows before an error come first: the error is what the next call returns, and each after
  // it. kInvalidArgument, with source, line and column, for a bad line
  // (DataSetOptions::max_bad_lines), and with `refuse_label_feature` also at the end of the input.
  // Errors of CsvReader::Next.
  absl::StatusOr<TableRows> ReadChunk(size_t max_rows);

 private:
  // How the cells of a column are read.
  struct CellFormat {
    ValueType type = ValueType::kStrings;
    DateOrderFinder dates;      // those of the sample
    NumberStyle numbers;        // that of the sample
    bool has_values = false;    // the sample
    v1::ColumnSetting setting;  // what was told of the column; without a name: nothing
  };

  // A column that becomes one of the table's.
  struct SentColumn {
    size_t index;  // in a line
    TextColumn values;
    bool may_be_label = false;  // a feature of a training with a label's name
  };

  TableReader(TableLines lines, const DataSetOptions& options);

  // The columns to train on, in the table's order, and what is told of them.
  absl::Status ChooseTrainingColumns();
  // What is known or detected of each of these columns, ascending, in place of `settings_` without
  // a kind.
  absl::StatusOr<std::vector<CellFormat>> TrainingFormats(const std::vector<size_t>& indices);
  // How the dates of a training's column are read; notes when that is a guess.
  void SetTrainingDates(const CellFormat& format, TextColumn& column);
  // Finds the decimal mark of a training's numbers in the columns' samples. False when none shows
  // it.
  bool FindDecimalMark(const std::vector<CellFormat>& formats);
  // Notes when it is a guess how the numbers of a training's column are read; `is_shown` is what
  // FindDecimalMark has returned.
  void CheckNumbers(const NumberStyle& style, bool is_shown, std::string_view column);
  // Reads rows ahead: as many as a sample has, or with `waits` false those that are there, and the
  // first one.
  void ReadSample(bool waits);
  // Of the times to score whose order is not known, from the rows that are there.
  void FindDateOrders();

  absl::StatusOr<bool> NextLine();
  // Reads rows into `chunk` until it is full or the next one would have to be waited for. False
  // when the input has ended.
  absl::StatusOr<bool> ReadRows(size_t max_rows, TableRows& chunk);
  bool IsFull(const TableRows& chunk, size_t max_rows) const;
  // Adds `line_` to the columns and to `chunk`, which stay as they are on an error.
  absl::Status AppendRow(TableRows& chunk);
  absl::Status ParseRow();
  absl::Status ParseCell(SentColumn& column);
  void NoteThousands(const SentColumn& column);
  absl::Status TypeError(const SentColumn& column);
  void NoteLabelValue(size_t column);

  TableLines lines_;
  bool is_training_ = false;
  bool needs_date_orders_ = false;
  std::optional<DateOrder> date_order_;
  bool is_mark_told_ = false;  // the decimal mark, by the options
  std::vector<v1::ColumnSetting> settings_;
  std::vector<std::string> notes_;
  std::string thousands_note_;
  std::vector<SentColumn> columns_;
  std::vector<size_t> keys_;  // in a line
  std::vector<std::string> key_names_;
  std::optional<size_t> label_;  // in a line
  std::vector<std::string> normal_labels_;
  std::optional<LabelCheck> label_check_;
  std::deque<TableLine> sample_;  // read, but not yet given out
  TableLine line_;                // the last one
  bool row_label_ = false;        // its label
  size_t chunk_bytes_ = 0;        // of the rows in the columns, at most
  absl::Status failure_;          // of what follows the rows that were read
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TEXT_TABLE_READER_H_
