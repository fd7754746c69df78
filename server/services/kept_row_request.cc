#include "server/services/kept_row_request.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/base/utf8.h"
#include "model/table/table_view.h"

namespace advae {
namespace {

constexpr size_t kMaxKeptColumns = 4096;

template <typename T>
std::string BytesOf(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

// A column of the one row.
v1::TableColumn CellOf(const ColumnView& column, size_t row) {
  v1::TableColumn cell;
  cell.set_name(column.name());
  const bool has_value = column.has_value(row);
  if (!has_value) cell.set_validity(std::string(1, '\0'));
  switch (column.type()) {
    case ValueType::kFloats:
      cell.set_floats(BytesOf(has_value ? static_cast<float>(column.number(row)) : 0.0f));
      break;
    case ValueType::kDoubles:
      cell.set_doubles(BytesOf(has_value ? column.number(row) : 0.0));
      break;
    case ValueType::kBools:
      cell.set_bools(std::string(1, has_value && column.boolean(row) ? '\1' : '\0'));
      break;
    case ValueType::kTimes:
      cell.set_times(BytesOf(has_value ? column.time(row) : int64_t{0}));
      break;
    case ValueType::kStrings:
      cell.mutable_strings()->set_codes(BytesOf(int32_t{0}));
      cell.mutable_strings()->add_dictionary(
          has_value ? std::string(Utf8Prefix(column.text(column.code(row)), SchemaRows::kMaxText))
                    : "");
      break;
  }
  return cell;
}

}  // namespace

v1::ScoreRequest RequestOfRow(const v1::VersionInfo& version, const SchemaRows* rows,
                              MatrixView matrix, size_t row) {
  v1::ScoreRequest request;
  request.set_model(version.model());
  request.set_version(version.version());
  if (rows != nullptr && rows->has_table()) {
    const std::vector<const ColumnView*> columns = rows->ReadColumns();
    if (columns.size() > kMaxKeptColumns) return request;
    request.mutable_table()->set_rows(1);
    for (const ColumnView* column : columns) {
      *request.mutable_table()->add_columns() = CellOf(*column, row);
    }
    return request;
  }
  const std::span<const float> values = rows != nullptr ? rows->MatrixRow(row) : matrix.row(row);
  if (values.size() > kMaxKeptColumns) return request;
  request.mutable_rows()->set_columns(static_cast<uint32_t>(values.size()));
  request.mutable_rows()->mutable_values()->Add(values.begin(), values.end());
  return request;
}

}  // namespace advae
