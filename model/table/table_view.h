#ifndef ADVAE_MODEL_TABLE_TABLE_VIEW_H_
#define ADVAE_MODEL_TABLE_TABLE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"

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

  // False for a NaN, too.
  bool has_value(size_t row) const;
  // Of kFloats and kDoubles; 0 or 1 of kBools.
  double number(size_t row) const;
  bool boolean(size_t row) const;
  // Microseconds since the epoch.
  int64_t time(size_t row) const;
  // Index of the row's text in the dictionary, and the texts.
  uint32_t code(size_t row) const;
  const std::string& text(uint32_t code) const {
    return column_->strings().dictionary(static_cast<int>(code));
  }
  size_t dictionary_size() const {
    return static_cast<size_t>(column_->strings().dictionary_size());
  }

 private:
  friend class TableView;
  ColumnView(const v1::TableColumn& column, ValueType type) : column_(&column), type_(type) {}

  const v1::TableColumn* column_;
  ValueType type_;
};

// A Table message that has been checked, as columns of typed values. Refers to the message, which
// outlives it and does not change. Thread-safe.
class TableView {
 public:
  // kInvalidArgument when the table has no rows or columns, more than `max_columns` columns, a name
  // that is empty or there twice, a column without values, a buffer whose size is not that of the
  // rows, or a code that is not in its dictionary; the message names the column, and the row of a
  // code. Checks in O(size of the message) time, and in memory of O(columns).
  static absl::StatusOr<TableView> Create(const v1::Table& table, size_t max_columns);

  size_t rows() const { return rows_; }
  const std::vector<ColumnView>& columns() const { return columns_; }

 private:
  TableView(size_t rows, std::vector<ColumnView> columns)
      : rows_(rows), columns_(std::move(columns)) {}

  size_t rows_;
  std::vector<ColumnView> columns_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TABLE_VIEW_H_
