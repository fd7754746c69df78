#ifndef ADVAE_MODEL_TABLE_ENCODING_TABLE_ENCODER_H_
#define ADVAE_MODEL_TABLE_ENCODING_TABLE_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/data/number_parser.h"
#include "model/table/table_view.h"

namespace advae {

class ColumnEncoder;

// What encoding met in a row, beside values as training had them.
enum class CellNote : uint8_t { kNone, kMissing, kUnseen };

// Turns rows of a table into rows of features, as a schema says, the same for training and scoring:
//
//   number     x - offset, rounded to 32 bits
//   boolean    0 or 1
//   category   one-hot, the last feature for all categories that are not listed; or the logarithm
//              of the category's share
//   time       sine and cosine of the time of day, of the day of the week, or both
//
// A missing value is NaN in all features of its column. After the features of all columns follow
// marks: one for each column that had missing values in training, 1 where the row has none, 0
// where it has. A strict schema has no marks, and NaN for a category that did not occur in
// training.
//
// Immutable and thread-safe.
class TableEncoder {
 public:
  // kInvalidArgument for a schema that is not valid, such as one read from a damaged file: no
  // feature, names twice, kinds without what was learned of them, shares outside [0, 1].
  static absl::StatusOr<std::unique_ptr<const TableEncoder>> Create(v1::TableSchema schema);
  ~TableEncoder();

  const v1::TableSchema& schema() const { return schema_; }
  // Those of the schema; the views of tables to bind are made with them.
  const MissingMarks& missing_marks() const { return missing_marks_; }
  // d, marks included.
  size_t features() const { return feature_names_.size(); }
  size_t marks() const { return marks_; }
  // Unique, such as "flow", "protocol = tcp", "protocol (other)", "start (time of day, sine)" and
  // "flow (missing)"; size d.
  const std::vector<std::string>& feature_names() const { return feature_names_; }
  // Columns that are features.
  size_t feature_columns() const { return columns_.size(); }
  // Index in the schema of the column that feature `feature` is of.
  uint32_t column_of(size_t feature) const { return columns_of_[feature]; }
  // For each feature, whether it is the first one of a column without missing values in training,
  // so that no mark tells of one; size d.
  const std::vector<bool>& tells_unusual_missing() const { return tells_unusual_missing_; }

  // Where the columns of a table are that this encoder reads. Valid as long as the view of the
  // table.
  struct Binding {
    // For each column of the schema, the table's; null for those that are no features.
    std::vector<const ColumnView*> columns;
    // Those of the table that the schema has as keys, in the table's order, without marks of
    // missing cells.
    std::vector<ColumnView> keys;
    // For each column of the schema, the category of each text of its dictionary, as an index into
    // those of the schema or their number for others; empty for columns that are no categories of
    // strings.
    std::vector<std::vector<uint32_t>> categories;
  };
  // Finds columns by their names (ColumnRoles). kInvalidArgument when a feature's column is not
  // there (NoColumn), or twice, or has values that its kind cannot have. Looks up each text of a
  // category's dictionary.
  absl::StatusOr<Binding> Bind(const TableView& table) const;
  // Encodes the rows [first, first + count) into `features`, [count, d]. `notes`, [count, columns
  // of the schema], is empty or gets what each cell was met as: kUnseen for a category that is not
  // listed where training met listed ones only. Columns that are no features get kNone.
  void Encode(const Binding& binding, size_t first, size_t count, std::span<float> features,
              std::span<CellNote> notes) const {
    Encode(binding, first, count, features, notes, /*of_training=*/false);
  }
  // The same for training rows, of which the schema has counted each: a row's own count is left out
  // of its categories' shares. Otherwise a category that did not occur in training would be rarer
  // than any there, however many of the training rows were the only ones of theirs.
  void EncodeTraining(const Binding& binding, std::span<float> features) const {
    Encode(binding, 0, features.size() / this->features(), features, {}, /*of_training=*/true);
  }

  // The same for a matrix of numbers, whose columns are the schema's features in their order; NaN
  // is a missing value, and so is a number that is one of missing_marks(). kInvalidArgument when it
  // has another number of columns or `names` are others (empty: not checked); kFailedPrecondition
  // when a feature is neither number nor boolean.
  absl::Status CheckMatrix(size_t columns, std::span<const std::string> names) const;
  void Encode(MatrixView rows, std::span<float> features, std::span<CellNote> notes) const;
  // Whether encoding a matrix leaves it as it is: all features are numbers without offset or
  // booleans, and there are no marks, neither features nor numbers.
  bool is_identity() const;

  // What expected features, d values of one row in the units of Encode, say of a column that is a
  // feature, as a person reads it: a text for categories, booleans and times, such as "tcp", "true"
  // and "Tuesday, about 14:30"; otherwise the number, in the units of the table.
  struct Expected {
    double number = 0;
    std::string text = {};
  };
  Expected Describe(uint32_t column, std::span<const float> row_features) const;
  // The value of a row's cell as a text; empty for a number, a missing value, and a column that is
  // no feature. Of a category that is longer than 256 bytes, here and in Describe, these.
  std::string TextOf(const Binding& binding, uint32_t column, size_t row) const;
  // The listed category of a column that is a feature as which a value of this type, whose text is
  // `text` (CategoryText), is encoded. Unset: it is another one, or the column is no category.
  std::optional<std::string> ListedCategory(uint32_t column, std::string_view text,
                                            ValueType type) const;

 private:
  // A column that is a feature.
  struct Column {
    uint32_t index;  // in the schema
    std::unique_ptr<const ColumnEncoder> encoder;
    size_t first;  // feature, and number of its features without the mark
    size_t width;
    std::optional<size_t> mark;  // feature
    double offset;               // of a number, otherwise 0
  };

  explicit TableEncoder(v1::TableSchema schema);

  void Encode(const Binding& binding, size_t first, size_t count, std::span<float> features,
              std::span<CellNote> notes, bool of_training) const;

  // For each column of a table, the schema's feature or key that has its name.
  absl::StatusOr<std::vector<std::optional<uint32_t>>> FindColumns(const TableView& table) const;
  // Null for a column that is no feature.
  const Column* Find(uint32_t column) const;

  const v1::TableSchema schema_;
  const MissingMarks missing_marks_;
  std::map<std::string, uint32_t> indices_;        // of features and keys, by name
  std::map<std::string, uint32_t> plain_indices_;  // by PlainName
  std::vector<Column> columns_;                    // in the schema's order
  size_t marks_ = 0;
  std::vector<std::string> feature_names_;
  std::vector<uint32_t> columns_of_;
  std::vector<bool> tells_unusual_missing_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_ENCODING_TABLE_ENCODER_H_
