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
#include "model/data/csv_reader.h"
#include "model/data/label_check.h"
#include "model/data/matrix.h"

namespace advae {

struct DataSetOptions {
  // Column with the label of each row, which is no feature: 1 or "true" for an anomaly, 0 or
  // "false" for a normal row, in upper or lower case. Unset: there are no labels.
  std::optional<std::string> label_column = std::nullopt;
  // With true, a file without `label_column` is read as one without labels; with false, that is
  // an error.
  bool label_optional = false;
  // With true, the cells of `label_column` are not read and may be anything: there are no labels.
  bool skip_labels = false;
  // With true, rows among whose features LabelCheck finds a label are an error, at their end.
  bool refuse_label_feature = false;
  // Feature columns to read, in this order. Empty: all columns but the label, in the file's order.
  std::vector<std::string> columns = {};
  // What the errors call the input, such as the file's path.
  std::string source_name = "input";
  // With true, cells such as "nan", "inf" and empty ones become NaN or infinity, for the scorer to
  // report, and so do numbers beyond the range of float; with false they are errors.
  bool allow_not_finite = false;
};

// Rows of one CSV file with a header line.
struct DataSet {
  std::vector<std::string> feature_names;  // size: rows.columns
  Matrix rows;
  std::vector<bool> labels;  // size: rows.rows() when labels were read, otherwise empty
};

// Reads a data set in chunks, so that a file of any size needs memory for one chunk only. Numbers
// are decimal, with a point, and may have blanks around them. Not thread-safe.
class DataSetReader {
 public:
  // Reads the header. `input` outlives the reader. kInvalidArgument when the input is empty, a
  // column name is empty, not UTF-8 or there twice, no feature is left, the label is among the
  // features, or a column of the options is not there (the message names those that are). Errors of
  // CsvReader::Next.
  static absl::StatusOr<DataSetReader> Create(std::istream& input, DataSetOptions options);

  const std::vector<std::string>& feature_names() const { return feature_names_; }
  bool has_labels() const { return label_index_.has_value() && !options_.skip_labels; }
  // With `refuse_label_feature`: the features with a label's name.
  std::vector<std::string> LabelSuspects() const {
    return label_check_ ? label_check_->Suspects() : std::vector<std::string>();
  }
  // What the errors call the input.
  const std::string& source_name() const { return options_.source_name; }

  // The next rows, at most `max_rows` of them; none at the end of the input. kInvalidArgument,
  // with source, line and column name, when a line has another number of cells than the header, or
  // a cell is no number or no label; with `refuse_label_feature` also at the end of the input.
  // Errors of CsvReader::Next.
  absl::StatusOr<DataSet> ReadChunk(size_t max_rows);

 private:
  DataSetReader(CsvReader csv, DataSetOptions options);

  // Finds the columns of the options in the header.
  absl::Status SelectColumns();
  // Parses `cells_` into a last row of `chunk`.
  absl::Status AppendRow(DataSet& chunk) const;
  // What to do about a bad cell in a column that is likely a label; empty for other columns.
  std::string LabelHint(size_t index) const;
  absl::Status CellError(size_t index, std::string_view problem) const;
  absl::Status WithSource(const absl::Status& status) const;

  CsvReader csv_;
  DataSetOptions options_;
  std::vector<std::string> header_;
  std::vector<size_t> feature_indices_;  // into the cells of a line
  std::vector<std::string> feature_names_;
  std::optional<size_t> label_index_;
  std::optional<LabelCheck> label_check_;
  std::vector<std::string> cells_;  // of the last line
};

// The whole file at once; its path becomes `options.source_name`. Errors of OpenInputFile and of
// DataSetReader; kInvalidArgument when there is not a single row.
absl::StatusOr<DataSet> ReadDataSet(const std::string& path, DataSetOptions options);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_DATA_SET_H_
