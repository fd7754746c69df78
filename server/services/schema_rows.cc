#include "server/services/schema_rows.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/base/status_macros.h"
#include "model/base/utf8.h"
#include "server/base/request_matrix.h"

namespace advae {

absl::StatusOr<std::unique_ptr<SchemaRows>> SchemaRows::OfTable(const v1::Table& table,
                                                                const TableEncoder& encoder) {
  ADVAE_ASSIGN_OR_RETURN(TableView view,
                         TableView::Create(table, kMaxColumns, &encoder.missing_marks()));
  std::unique_ptr<SchemaRows> rows(new SchemaRows(encoder, view.rows()));
  // The binding refers to the view where it stays.
  rows->table_.emplace(std::move(view));
  ADVAE_ASSIGN_OR_RETURN(rows->binding_, encoder.Bind(*rows->table_));
  return rows;
}

absl::StatusOr<std::unique_ptr<SchemaRows>> SchemaRows::OfMatrix(const v1::Matrix& matrix,
                                                                 MatrixView rows,
                                                                 const TableEncoder& encoder) {
  const std::vector<std::string> names(matrix.feature_names().begin(),
                                       matrix.feature_names().end());
  ADVAE_RETURN_IF_ERROR(encoder.CheckMatrix(rows.columns, names));
  std::unique_ptr<SchemaRows> schema_rows(new SchemaRows(encoder, rows.rows));
  schema_rows->matrix_ = rows;
  return schema_rows;
}

void SchemaRows::NoteInPlace() {
  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < matrix_.rows; ++i) {
    const std::span<const float> row = matrix_.row(i);
    size_t missing = 0;
    for (size_t j = 0; j < row.size(); ++j) {
      if (!std::isnan(row[j])) continue;
      ++missing;
      ++cells_[encoder_.column_of(j)].missing;
    }
    if (missing > 0) notes_[i] = missing == row.size() ? kEmpty : kIncomplete;
  }
}

void SchemaRows::Read(size_t first, size_t count, std::span<float> features) {
  const size_t columns = encoder_.schema().columns_size();
  std::vector<CellNote> notes(count * columns);
  Encode(first, count, features, notes);
  if (std::ranges::all_of(notes, [](CellNote note) { return note == CellNote::kNone; })) return;

  absl::MutexLock lock(&mutex_);
  for (size_t i = 0; i < count; ++i) {
    size_t missing = 0, unseen = 0;
    for (size_t j = 0; j < columns; ++j) {
      const CellNote note = notes[i * columns + j];
      if (note == CellNote::kMissing) {
        ++missing;
        ++cells_[j].missing;
      } else if (note == CellNote::kUnseen) {
        ++unseen;
        ++cells_[j].unseen;
      }
    }
    if (missing + unseen == 0) continue;
    notes_[first + i] = missing == encoder_.feature_columns() ? kEmpty : kIncomplete;
  }
}

void SchemaRows::Encode(size_t first, size_t count, std::span<float> features,
                        std::span<CellNote> notes) const {
  if (table_) return encoder_.Encode(binding_, first, count, features, notes);
  encoder_.Encode(matrix_.Slice(first, count), features, notes);
}

std::vector<CellCounts> SchemaRows::cells() const {
  absl::MutexLock lock(&mutex_);
  return cells_;
}

void SchemaRows::ReadRow(size_t row, std::span<float> features, std::span<CellNote> notes) const {
  Encode(row, 1, features, notes);
}

std::vector<const ColumnView*> SchemaRows::ReadColumns() const {
  std::vector<const ColumnView*> columns;
  for (const ColumnView* column : binding_.columns) {
    if (column != nullptr) columns.push_back(column);
  }
  for (const ColumnView& key : binding_.keys) columns.push_back(&key);
  return columns;
}

size_t SchemaRows::LongestText() const {
  size_t longest = 64;  // of a time or a number
  for (const v1::ColumnSchema& column : encoder_.schema().columns()) {
    for (const v1::CategoryCount& category : column.category().categories()) {
      longest = std::max(longest, category.category().size());
    }
  }
  for (const ColumnView* column : binding_.columns) {
    if (column == nullptr || column->type() != ValueType::kStrings) continue;
    for (size_t code = 0; code < column->dictionary_size() && longest < kMaxText; ++code) {
      longest = std::max(longest, column->text(static_cast<uint32_t>(code)).size());
    }
  }
  return std::min(longest, kMaxText);
}

std::string SchemaRows::TextOf(uint32_t column, size_t row, std::span<const float> features) const {
  if (!table_) return encoder_.Describe(column, features).text;
  const ColumnView& cells = *binding_.columns[column];
  if (cells.type() != ValueType::kStrings) return encoder_.TextOf(binding_, column, row);
  return std::string(Utf8Prefix(cells.text(cells.code(row)), kMaxText));
}

}  // namespace advae
