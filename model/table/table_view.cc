#include "model/table/table_view.h"

#include <bit>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/data/column_selection.h"

namespace advae {
namespace {

static_assert(std::endian::native == std::endian::little, "buffers are little-endian");

constexpr uint64_t kBitsOfByte = 8;

// What a column's buffers are, by the type of its values.
struct Layout {
  ValueType type;
  uint64_t bits;  // of one value
  const std::string* values;
};

absl::StatusOr<Layout> LayoutOf(const v1::TableColumn& column) {
  switch (column.values_case()) {
    case v1::TableColumn::kFloats:
      return Layout{ValueType::kFloats, 32, &column.floats()};
    case v1::TableColumn::kDoubles:
      return Layout{ValueType::kDoubles, 64, &column.doubles()};
    case v1::TableColumn::kBools:
      return Layout{ValueType::kBools, 1, &column.bools()};
    case v1::TableColumn::kStrings:
      return Layout{ValueType::kStrings, 32, &column.strings().codes()};
    case v1::TableColumn::kTimes:
      return Layout{ValueType::kTimes, 64, &column.times()};
    case v1::TableColumn::VALUES_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("column ", Quoted(column.name()),
                   " has no values; expected floats, doubles, bools, strings or times"));
}

absl::Status CheckSize(const v1::TableColumn& column, std::string_view buffer, uint64_t bytes,
                       uint64_t rows, uint64_t bits) {
  const uint64_t expected = (rows * bits + kBitsOfByte - 1) / kBitsOfByte;
  if (bytes == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the ", std::string(buffer), " of column ", Quoted(column.name()), " have ", bytes,
      " bytes; expected ", expected, " for ", rows, rows == 1 ? " row" : " rows"));
}

// What stands in the place of a missing value need not be a code.
absl::Status CheckCodes(const ColumnView& column, size_t rows) {
  const uint64_t size = column.dictionary_size();
  uint32_t largest = 0;
  for (size_t i = 0; i < rows; ++i) {
    const uint32_t code = column.code(i);
    largest = code > largest ? code : largest;
  }
  if (largest < size) return absl::OkStatus();
  for (size_t i = 0; i < rows; ++i) {
    if (column.code(i) < size || !column.has_value(i)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("column ", Quoted(column.name()), ", row ", i, ": the code ",
                     static_cast<int32_t>(column.code(i)), " is not in the dictionary of ", size,
                     size == 1 ? " text" : " texts"));
  }
  return absl::OkStatus();
}

// Adds the name of column `index` to `names`.
absl::Status CheckName(const v1::TableColumn& column, size_t index,
                       absl::flat_hash_set<std::string_view>& names) {
  if (column.name().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", index, " (from 0) of the table has no name"));
  }
  if (names.insert(column.name()).second) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("two columns of the table have the name ", Quoted(column.name())));
}

}  // namespace

std::string_view NameOf(ValueType type) {
  switch (type) {
    case ValueType::kFloats:
      return "floats";
    case ValueType::kDoubles:
      return "doubles";
    case ValueType::kBools:
      return "bools";
    case ValueType::kStrings:
      return "strings";
    case ValueType::kTimes:
      return "times";
  }
  return "";
}

bool ColumnView::IsMark(size_t row) const {
  switch (type_) {
    case ValueType::kFloats:
      return marks_->HasNumber(Load<float>(row));
    case ValueType::kDoubles:
      return marks_->HasNumber(Load<double>(row));
    case ValueType::kStrings:
      return marks_->HasText(text(code(row)));
    case ValueType::kBools:
    case ValueType::kTimes:
      return false;
  }
  return false;
}

absl::Status TableView::AddColumn(const v1::TableColumn& column, uint64_t rows,
                                  std::vector<ColumnView>& views) {
  ADVAE_ASSIGN_OR_RETURN(const Layout layout, LayoutOf(column));
  const std::string_view buffer =
      layout.type == ValueType::kStrings ? "codes" : NameOf(layout.type);
  ADVAE_RETURN_IF_ERROR(CheckSize(column, buffer, layout.values->size(), rows, layout.bits));
  const bool has_validity = !column.validity().empty();
  if (has_validity) {
    ADVAE_RETURN_IF_ERROR(CheckSize(column, "bits of validity", column.validity().size(), rows, 1));
  }
  const ColumnView view(column, layout.type, layout.values->data(),
                        has_validity ? column.validity().data() : nullptr);
  if (layout.type == ValueType::kStrings) ADVAE_RETURN_IF_ERROR(CheckCodes(view, rows));
  views.push_back(view);
  return absl::OkStatus();
}

absl::StatusOr<TableView> TableView::Create(const v1::Table& table, size_t max_columns,
                                            const MissingMarks* marks) {
  const uint64_t rows = table.rows();
  const auto columns = static_cast<size_t>(table.columns_size());
  if (rows == 0 || columns == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("the table has ", rows, " rows and ", columns, " columns; expected some"));
  }
  if (columns > max_columns) {
    return AtField(absl::InvalidArgumentError(absl::StrCat(
                       "the table has ", columns, " columns; expected at most ", max_columns)),
                   "columns");
  }
  std::vector<ColumnView> views;
  views.reserve(columns);
  absl::flat_hash_set<std::string_view> names;
  for (const v1::TableColumn& column : table.columns()) {
    absl::Status status = CheckName(column, views.size(), names);
    if (status.ok()) status = AddColumn(column, rows, views);
    if (!status.ok()) return AtField(status, absl::StrCat("columns[", views.size(), "]"));
  }
  if (marks != nullptr && !marks->empty()) {
    for (ColumnView& view : views) view.marks_ = marks;
  }
  return TableView(rows, std::move(views));
}

absl::Status TableView::CheckNamesToKeep() const {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string& name = columns_[i].name();
    if (name.size() <= kMaxNameBytes) continue;
    return AtField(absl::InvalidArgumentError(
                       absl::StrCat("the name of column ", Quoted(name), " has ", name.size(),
                                    " bytes; expected at most ", kMaxNameBytes)),
                   absl::StrCat("columns[", i, "]"));
  }
  return absl::OkStatus();
}

}  // namespace advae
