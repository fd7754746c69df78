#ifndef ADVAE_MODEL_DATA_DATA_SET_H_
#define ADVAE_MODEL_DATA_DATA_SET_H_

#include <cstddef>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/data/column_selection.h"
#include "model/data/label_check.h"
#include "model/data/matrix.h"
#include "model/data/table_input.h"
#include "model/data/table_lines.h"

namespace advae {

struct DataSetOptions {
  // Column with the label of each row, which is no feature (ParseLabel). Unset: there are no
  // labels.
  std::optional<std::string> label_column = std::nullopt;
  // The labels of normal rows; those with others are anomalies. Empty: as ParseLabel knows them.
  std::vector<std::string> normal_labels = {};
  // With true, a file without `label_column` is read as one without labels; with false, that is
  // an error.
  bool label_optional = false;
  // With true, the cells of `label_column` are not read and may be anything: there are no labels.
  bool skip_labels = false;
  // With true, rows among whose features LabelCheck finds a label are an error, at their end.
  bool refuse_label_feature = false;
  // Feature columns to read, in this order. Empty: all columns without another role, in the file's
  // order.
  std::vector<std::string> columns = {};
  // Columns whose text goes with each row (ColumnRoles::keys), and columns that are left out, by
  // name or pattern (ColumnRoles::ignored).
  std::vector<std::string> key_columns = {};
  std::vector<std::string> ignored_columns = {};
  // What is known of how the file is written.
  TableFormat format = {};
  // What the errors call the input, such as the file's path.
  std::string source_name = "input";
  // With true, missing and infinite cells become NaN or infinity, for the scorer to report, and so
  // do numbers beyond the range of float; with false they are errors.
  bool allow_not_finite = false;
  // How many bad lines are passed over: with another number of cells than the header, or with a
  // cell that is no number or no label. The next one is an error.
  size_t max_bad_lines = 0;
};

// Rows of one table.
struct DataSet {
  std::vector<std::string> feature_names;  // size: rows.columns
  Matrix rows;
  std::vector<bool> labels;       // size: rows.rows() when labels were read, otherwise empty
  std::vector<std::string> keys;  // row-major, size: rows.rows() * number of key columns
  // The number of each row in the file, from 0, in which bad lines count too.
  std::vector<size_t> row_numbers;  // size: rows.rows()
};

// Reads a table from text (OpenTable says which), in chunks, so that a file of any size needs
// memory for one chunk only. Numbers are decimal (NumberParser). Not thread-safe.
class DataSetReader {
 public:
  // Reads the header. `input` outlives the reader. kInvalidArgument when the input is empty, is
  // no table, has a row in place of the header, or does not have the columns of the options
  // (SelectColumns). Errors of CsvReader::Next.
  static absl::StatusOr<DataSetReader> Create(std::istream& input, DataSetOptions options);

  const std::vector<std::string>& feature_names() const { return selection().feature_names; }
  const std::vector<std::string>& key_names() const { return selection().key_names; }
  bool has_labels() const { return selection().label.has_value() && !options_.skip_labels; }
  // With `refuse_label_feature`: the features with a label's name.
  std::vector<std::string> LabelSuspects() const {
    return label_check_ ? label_check_->Suspects() : std::vector<std::string>();
  }
  // What the errors call the input.
  const std::string& source_name() const { return options_.source_name; }
  // TableLines::notes.
  const std::vector<std::string>& notes() const { return lines_.notes(); }
  // Those so far.
  const BadLines& bad_lines() const { return lines_.bad_lines(); }

  // The next rows: at least one, then as many as there are without waiting for further input, at
  // most `max_rows`; none at the end of the input. Rows before an error come first: the error is
  // what the next call returns, and each after it. kInvalidArgument, with source, line and column,
  // for a bad line (DataSetOptions::max_bad_lines), and with `refuse_label_feature` also at the end
  // of the input. Errors of CsvReader::Next.
  absl::StatusOr<DataSet> ReadChunk(size_t max_rows);

 private:
  DataSetReader(TableLines lines, DataSetOptions options);

  const ColumnSelection& selection() const { return lines_.selection(); }
  // Reads rows into `chunk` until it has `max_rows` or the next one would have to be waited for.
  // False when the input has ended.
  absl::StatusOr<bool> ReadRows(size_t max_rows, DataSet& chunk);
  // Parses `line_` into a last row of `chunk`, which stays as it is on an error.
  absl::Status AppendRow(DataSet& chunk);
  absl::Status ParseRow(DataSet& chunk);
  // What is wrong with a cell that is no number, or a `number` that is not finite.
  absl::Status FeatureError(size_t index, std::optional<float> number);
  // What to do about a cell that is no number.
  std::string Advice(size_t index);

  TableLines lines_;
  DataSetOptions options_;
  std::optional<LabelCheck> label_check_;
  TableLine line_;        // the last one
  absl::Status failure_;  // of what follows the rows that were read
};

// The whole file at once; its path becomes `options.source_name`. Errors of OpenInputFile and of
// DataSetReader; kInvalidArgument when there is not a single row.
absl::StatusOr<DataSet> ReadDataSet(const std::string& path, DataSetOptions options);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_DATA_SET_H_
