#include "client/row_source.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kChunkValues = size_t{256} << 10;

void AssignNames(const std::vector<std::string>& names, v1::Matrix& chunk) {
  chunk.mutable_feature_names()->Assign(names.begin(), names.end());
}

}  // namespace

size_t ChunkRows(size_t columns, size_t max_rows) {
  return std::clamp(kChunkValues / std::max<size_t>(columns, 1), size_t{1}, max_rows);
}

RowSource RowsOf(MatrixView rows, std::vector<std::string> feature_names) {
  const size_t chunk_rows = ChunkRows(rows.columns, std::numeric_limits<size_t>::max());
  return [=, names = std::move(feature_names),
          next = size_t{0}](v1::Matrix& chunk) mutable -> absl::StatusOr<bool> {
    if (next == rows.rows) return false;
    const size_t count = std::min(chunk_rows, rows.rows - next);
    AssignRows(rows.Slice(next, count), chunk);
    if (next == 0) AssignNames(names, chunk);
    next += count;
    return true;
  };
}

RowSource RowsOf(DataSetReader& reader, size_t max_rows, ChunkObserver observer) {
  const size_t chunk_rows = ChunkRows(reader.feature_names().size(), max_rows);
  return [&reader, chunk_rows, observer = std::move(observer),
          first = true](v1::Matrix& chunk) mutable -> absl::StatusOr<bool> {
    ADVAE_ASSIGN_OR_RETURN(DataSet data, reader.ReadChunk(chunk_rows));
    if (data.rows.rows() == 0) return false;
    AssignRows(data.rows.view(), chunk);
    if (std::exchange(first, false)) AssignNames(data.feature_names, chunk);
    if (observer != nullptr) observer(std::move(data));
    return true;
  };
}

TableSource RowsOf(TableReader& reader, size_t max_rows, TableObserver observer) {
  return [&reader, max_rows,
          observer = std::move(observer)](v1::Table& chunk) -> absl::StatusOr<bool> {
    ADVAE_ASSIGN_OR_RETURN(TableRows rows, reader.ReadChunk(max_rows));
    if (rows.row_numbers.empty()) return false;
    if (observer == nullptr) {
      chunk = std::move(rows.table);
    } else {
      chunk = rows.table;
      observer(std::move(rows));
    }
    return true;
  };
}

void AssignRows(MatrixView rows, v1::Matrix& chunk) {
  chunk.Clear();
  chunk.set_columns(static_cast<uint32_t>(rows.columns));
  chunk.mutable_values()->Assign(rows.values, rows.values + rows.rows * rows.columns);
}

}  // namespace advae
