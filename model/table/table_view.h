#ifndef ADVAE_MODEL_TABLE_TABLE_VIEW_H_
#define ADVAE_MODEL_TABLE_TABLE_VIEW_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/number_parser.h"

namespace advae {

enum class ValueType { kFloats, kDoubles, kBools, kStrings, kTimes };

// "floats", "doubles" and so on, as messages and the proto have them.
std::string_view NameOf(ValueType type);

// One column of a TableView. Rows are below its number of rows; a value is asked for only where
// there is one, and only of its type. Buffers of a message need not be aligned.
class ColumnView {
 public:
  const std::string& name() const { return column_->name(); }
  ValueType type() const { return type_; }
  const v1::TableColumn& message() const { return *column_; }
  // The column with marks of a missing cell as any other value.
  ColumnView WithoutMarks() const {
    ColumnView column = *this;
    column.marks_ = nullptr;
    return column;
  }

  // False for a NaN and for a mark of a missing cell, too.
  bool has_value(size_t row) const {
    if (validity_ != nullptr && !BitOf(validity_, row)) return false;
    if ((type_ == ValueType::kFloats || type_ == ValueType::kDoubles) && std::isnan(number(row))) {
      return false;
    }
    return marks_ == nullptr || !IsMark(row);
  }
  // Of kFloats and kDoubles; 0 or 1 of kBools.
  double number(size_t row) const {
    if (type_ == ValueType::kDoubles) return Load<double>(row);
    if (type_ == ValueType::kFloats) return static_cast<double>(Load<float>(row));
    return boolean(row) ? 1 : 0;
  }
  bool boolean(size_t row) const { return BitOf(values_, row); }
  // Microseconds since the epoch.
  int64_t time(size_t row) const { return Load<int64_t>(row); }
  // Index of the row's text in the dictionary, and the texts.
  uint32_t code(size_t row) const { return Load<uint32_t>(row); }
  const std::string& text(uint32_t code) const {
    return column_->strings().dictionary(static_cast<int>(code));
  }
  size_t dictionary_size() const {
    return static_cast<size_t>(column_->strings().dictionary_size());
  }

 private:
  friend class TableView;
  // `values` and `validity` (null: all rows have a value) are the message's buffers. Without marks.
  ColumnView(const v1::TableColumn& column, ValueType type, const char* values,
             const char* validity)
      : column_(&column), type_(type), values_(values), validity_(validity) {}

  static bool BitOf(const char* bits, size_t i) {
    return ((static_cast<unsigned char>(bits[i / 8]) >> (i % 8)) & 1) != 0;
  }
  bool IsMark(size_t row) const;
  template <typename T>
  T Load(size_t row) const {
    T value;
    std::memcpy(&value, values_ + row * sizeof(T), sizeof(T));
    return value;
  }

  const v1::TableColumn* column_;
  ValueType type_;
  const char* values_;
  const char* validity_;
  const MissingMarks* marks_ = nullptr;  // null: none
};

// A Table message that has been checked, as columns of typed values. Refers to the message, which
// outlives it and does not change, and to the marks. Thread-safe.
class TableView {
 public:
  static constexpr size_t kMaxNameBytes = 256;

  // kInvalidArgument when the table has no rows or columns, more than `max_columns` columns, a name
  // that is empty or there twice, a column without values, a buffer whose size is not that of the
  // rows, or a code that is not in its dictionary; the message names the column, and the row of a
  // code, and FieldOf the column's index. Checks in O(size of the message) time, and in memory of
  // O(columns). A number or text that is one of `marks` (null: none) is a missing value.
  static absl::StatusOr<TableView> Create(const v1::Table& table, size_t max_columns,
                                          const MissingMarks* marks = nullptr);

  // kInvalidArgument, with FieldOf the column's index, for a name of more than kMaxNameBytes. For a
  // table to train on, whose schema keeps the names; one to score may have any names besides.
  absl::Status CheckNamesToKeep() const;

  size_t rows() const { return rows_; }
  const std::vector<ColumnView>& columns() const { return columns_; }

 private:
  // Checks all of a column but its name.
  static absl::Status AddColumn(const v1::TableColumn& column, uint64_t rows,
                                std::vector<ColumnView>& views);

  TableView(size_t rows, std::vector<ColumnView> columns)
      : rows_(rows), columns_(std::move(columns)) {}

  size_t rows_;
  std::vector<ColumnView> columns_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TABLE_VIEW_H_
