#ifndef ADVAE_MODEL_TABLE_SURVEY_COLUMN_SURVEY_H_
#define ADVAE_MODEL_TABLE_SURVEY_COLUMN_SURVEY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/table/table_view.h"

namespace advae {

// Looks at the values of one column of a training table, row by row, and tells what it is by the
// rules of docs/TABLES.md. One class for each kind. Not thread-safe.
class ColumnSurvey {
 public:
  // Fewer values than these tell only whether they are all equal.
  static constexpr uint64_t kMinValues = 20;

  // `setting` has what was told of the column; its kind and role may be unspecified.
  // kInvalidArgument for a role that is unknown, and when the column is to be a feature of a kind
  // that its values cannot have.
  static absl::StatusOr<std::unique_ptr<ColumnSurvey>> Create(const ColumnView& column,
                                                              const v1::ColumnSetting& setting);
  virtual ~ColumnSurvey() = default;

  const std::string& name() const { return name_; }
  ValueType type() const { return type_; }

  // Rows [0, rows) of the column's next chunk, which has the name and type of the first one. Marks
  // of missing cells are values of a key.
  void Add(const ColumnView& chunk, size_t rows);

  // The column as the schema has it, after the last chunk. kInvalidArgument for a feature with
  // numbers that are infinite or beyond 32-bit floats and, with `strict`, with missing values.
  absl::StatusOr<v1::ColumnSchema> Finish(bool strict) const;

 protected:
  ColumnSurvey() = default;

  // Whether a setting makes the column a feature.
  bool is_asked_for() const { return role_ == v1::COLUMN_ROLE_FEATURE; }
  v1::DateOrder date_order() const { return date_order_; }
  uint64_t values() const { return rows_ - missing_; }
  uint64_t rows() const { return rows_; }

 private:
  virtual v1::ColumnKind kind() const = 0;
  virtual void StartChunk(const ColumnView& /*column*/) {}
  // Of a row that has a value.
  virtual void AddValue(const ColumnView& column, size_t row) = 0;
  // The following are asked when there is at least one value.
  // The value of all rows that have one, as a note shows it. Unset: there are several.
  virtual std::optional<std::string> OnlyValue() const = 0;
  // Why the column had better be no feature; empty when nothing speaks against it. Not asked for a
  // column with only one value.
  virtual std::string Objection() const = 0;
  // What a person should know of a column that is a feature because nothing else was told of it.
  virtual std::string Caution() const { return ""; }
  // Fills in the summary; `schema` has everything else.
  virtual void Summarize(v1::ColumnSchema& schema) const = 0;
  // `schema`, with its summary, is that of a feature.
  virtual absl::Status CheckFeature(const v1::ColumnSchema& /*schema*/) const {
    return absl::OkStatus();
  }

  std::string InferredObjection() const;

  std::string name_;
  ValueType type_ = ValueType::kDoubles;
  v1::ColumnRole role_ = v1::COLUMN_ROLE_UNSPECIFIED;  // unspecified: to be inferred
  v1::DateOrder date_order_ = v1::DATE_ORDER_UNSPECIFIED;
  uint64_t rows_ = 0;
  uint64_t missing_ = 0;
  uint64_t first_missing_ = 0;  // row, when there is one
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_COLUMN_SURVEY_H_
