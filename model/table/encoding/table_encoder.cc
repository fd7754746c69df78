#include "model/table/encoding/table_encoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"
#include "model/data/column_selection.h"
#include "model/table/column_kind.h"
#include "model/table/encoding/column_encoder.h"
#include "model/table/encoding/schema_check.h"

namespace advae {
namespace {

// Rows whose features stay in the cache while one column after the other is written.
constexpr size_t kRowsAtOnce = 64;
constexpr size_t kMaxNameBytes = 256;

// Collects names, cut to kMaxNameBytes, and numbers those that would be there twice, in time that
// does not grow with the names that are alike.
class UniqueNames {
 public:
  void Add(const std::string& name) {
    std::string unique(Utf8Prefix(name, kMaxNameBytes));
    size_t number = 2;
    while (!seen_.insert(unique).second) unique = Numbered(name, number);
    names_.push_back(unique);
  }
  std::vector<std::string> Take() && { return std::move(names_); }

 private:
  // The name with the first number from `number` on that it was not given yet, and makes `number`
  // the one after that.
  std::string Numbered(const std::string& name, size_t& number) {
    for (;;) {
      const std::string ending = absl::StrCat(" #", number);
      const std::string start(Utf8Prefix(name, kMaxNameBytes - ending.size()));
      size_t& free = free_[{start, ending.size()}];
      if (free <= number) {
        free = ++number;
        return absl::StrCat(start, ending);
      }
      number = free;  // of which the ending may be longer
    }
  }

  std::vector<std::string> names_;
  std::set<std::string> seen_;
  // The number after the last one that was given, by what stands before it and the ending's bytes.
  std::map<std::pair<std::string, size_t>, size_t> free_;
};

bool IsNumeric(v1::ColumnKind kind) {
  return kind == v1::COLUMN_KIND_NUMBER || kind == v1::COLUMN_KIND_BOOLEAN;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const TableEncoder>> TableEncoder::Create(v1::TableSchema schema) {
  ADVAE_RETURN_IF_ERROR(CheckSchema(schema));
  return std::unique_ptr<const TableEncoder>(new TableEncoder(std::move(schema)));
}

TableEncoder::TableEncoder(v1::TableSchema schema)
    : schema_(std::move(schema)), missing_marks_(schema_.missing_marks()) {
  UniqueNames names;
  for (int i = 0; i < schema_.columns_size(); ++i) {
    const v1::ColumnSchema& column = schema_.columns(i);
    const auto index = static_cast<uint32_t>(i);
    const bool is_feature = column.role() == v1::COLUMN_ROLE_FEATURE;
    if (is_feature || column.role() == v1::COLUMN_ROLE_KEY) {
      indices_[column.name()] = index;
      plain_indices_[PlainName(column.name())] = index;
    }
    if (!is_feature) continue;
    columns_.push_back({.index = index,
                        .encoder = ColumnEncoder::Create(column, schema_.strict()),
                        .first = columns_of_.size(),
                        .width = 0,
                        .mark = std::nullopt,
                        .offset = column.number().offset()});
    const std::vector<std::string> suffixes = columns_.back().encoder->FeatureSuffixes();
    columns_.back().width = suffixes.size();
    for (const std::string& suffix : suffixes) {
      names.Add(absl::StrCat(column.name(), suffix));
      columns_of_.push_back(index);
      tells_unusual_missing_.push_back(columns_of_.size() - 1 == columns_.back().first &&
                                       column.missing_share() == 0);
    }
  }
  for (Column& column : columns_) {
    const v1::ColumnSchema& told = schema_.columns(static_cast<int>(column.index));
    if (schema_.strict() || told.missing_share() == 0) continue;
    column.mark = columns_of_.size();
    ++marks_;
    names.Add(absl::StrCat(told.name(), " (missing)"));
    columns_of_.push_back(column.index);
    tells_unusual_missing_.push_back(false);
  }
  feature_names_ = std::move(names).Take();
}

TableEncoder::~TableEncoder() = default;

const TableEncoder::Column* TableEncoder::Find(uint32_t column) const {
  const auto found = std::ranges::lower_bound(columns_, column, {}, &Column::index);
  return found != columns_.end() && found->index == column ? &*found : nullptr;
}

absl::StatusOr<std::vector<std::optional<uint32_t>>> TableEncoder::FindColumns(
    const TableView& table) const {
  const std::vector<ColumnView>& columns = table.columns();
  std::vector<std::optional<uint32_t>> found(columns.size());
  std::vector<bool> is_found(static_cast<size_t>(schema_.columns_size()));
  size_t left = indices_.size();
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto index = indices_.find(columns[i].name());
    if (index == indices_.end()) continue;
    found[i] = index->second;
    is_found[index->second] = true;
    --left;
  }
  std::map<uint32_t, size_t> others;  // columns whose names are not the same
  for (size_t i = 0; left > 0 && i < columns.size(); ++i) {
    if (found[i]) continue;
    const auto index = plain_indices_.find(PlainName(columns[i].name()));
    if (index == plain_indices_.end() || is_found[index->second]) continue;
    const auto [other, is_new] = others.emplace(index->second, i);
    if (!is_new) {
      return AtField(absl::InvalidArgumentError(absl::StrCat(
                         "columns ", other->second, " and ", i,
                         " (from 0) of the table have the same name, ", Quoted(columns[i].name()))),
                     absl::StrCat("columns[", i, "]"));
    }
    found[i] = index->second;
  }
  return found;
}

absl::StatusOr<TableEncoder::Binding> TableEncoder::Bind(const TableView& table) const {
  const auto size = static_cast<size_t>(schema_.columns_size());
  Binding binding{.columns = std::vector<const ColumnView*>(size),
                  .keys = {},
                  .categories = std::vector<std::vector<uint32_t>>(size)};
  ADVAE_ASSIGN_OR_RETURN(const std::vector<std::optional<uint32_t>> found, FindColumns(table));
  for (size_t i = 0; i < table.columns().size(); ++i) {
    const ColumnView& column = table.columns()[i];
    if (!found[i]) continue;
    const uint32_t index = *found[i];
    const v1::ColumnSchema& told = schema_.columns(static_cast<int>(index));
    if (told.role() == v1::COLUMN_ROLE_KEY) {
      binding.keys.push_back(column.WithoutMarks());
      continue;
    }
    if (!CanBe(told.kind(), column.type())) {
      return AtField(
          absl::InvalidArgumentError(absl::StrCat(
              "column ", Quoted(column.name()), " has ", std::string(NameOf(column.type())),
              "; to the version it is a ", std::string(NameOf(told.kind())))),
          absl::StrCat("columns[", i, "]"));
    }
    binding.columns[index] = &column;
  }
  std::vector<std::string> absent;
  for (const Column& column : columns_) {
    const ColumnView* const bound = binding.columns[column.index];
    if (bound == nullptr) {
      absent.push_back(schema_.columns(static_cast<int>(column.index)).name());
    } else {
      binding.categories[column.index] = column.encoder->MapDictionary(*bound);
    }
  }
  if (absent.empty()) return binding;
  std::vector<std::string> present;
  for (const ColumnView& column : table.columns()) present.push_back(column.name());
  return AtField(
      absl::InvalidArgumentError(absl::StrCat("the table has ", NoColumn(absent, present))),
      "columns");
}

void TableEncoder::Encode(const Binding& binding, size_t first, size_t count,
                          std::span<float> features, std::span<CellNote> notes,
                          bool of_training) const {
  const size_t d = this->features();
  const auto told = static_cast<size_t>(schema_.columns_size());
  std::ranges::fill(notes, CellNote::kNone);
  for (size_t done = 0; done < count; done += kRowsAtOnce) {
    const size_t rows = std::min(kRowsAtOnce, count - done);
    float* const block = features.data() + done * d;
    for (const Column& column : columns_) {
      CellNote* const column_notes =
          notes.empty() ? nullptr : notes.data() + done * told + column.index;
      column.encoder->Encode(*binding.columns[column.index], binding.categories[column.index],
                             first + done, rows,
                             {.features = block + column.first,
                              .stride = d,
                              .notes = column_notes,
                              .note_stride = told,
                              .mark = column.mark ? block + *column.mark : nullptr,
                              .of_training = of_training});
    }
  }
}

absl::Status TableEncoder::CheckMatrix(size_t columns, std::span<const std::string> names) const {
  for (const Column& column : columns_) {
    const v1::ColumnSchema& told = schema_.columns(static_cast<int>(column.index));
    if (IsNumeric(told.kind())) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("column ", Quoted(told.name()), " is a ", std::string(NameOf(told.kind())),
                     ", which a matrix cannot hold; send a table"));
  }
  if (columns != columns_.size()) {
    return AtField(absl::InvalidArgumentError(absl::StrCat("the matrix has ", columns,
                                                           " columns; the version's schema has ",
                                                           columns_.size(), " that are features")),
                   "columns");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& expected = schema_.columns(static_cast<int>(columns_[i].index)).name();
    if (names[i] == expected) continue;
    return AtField(
        absl::InvalidArgumentError(absl::StrCat("column ", i, " (from 0) of the matrix is ",
                                                Quoted(names[i]), "; expected ", Quoted(expected))),
        absl::StrCat("feature_names[", i, "]"));
  }
  return absl::OkStatus();
}

void TableEncoder::Encode(MatrixView rows, std::span<float> features,
                          std::span<CellNote> notes) const {
  const size_t d = this->features();
  const auto told = static_cast<size_t>(schema_.columns_size());
  std::ranges::fill(notes, CellNote::kNone);
  for (size_t i = 0; i < rows.rows; ++i) {
    const std::span<const float> row = rows.row(i);
    for (size_t j = 0; j < columns_.size(); ++j) {
      const Column& column = columns_[j];
      const bool is_missing = std::isnan(row[j]) || missing_marks_.HasNumber(row[j]);
      features[i * d + column.first] =
          is_missing ? std::numeric_limits<float>::quiet_NaN()
                     : static_cast<float>(static_cast<double>(row[j]) - column.offset);
      if (column.mark) features[i * d + *column.mark] = is_missing ? 1 : 0;
      if (!notes.empty() && is_missing) notes[i * told + column.index] = CellNote::kMissing;
    }
  }
}

bool TableEncoder::is_identity() const {
  return marks_ == 0 && !missing_marks_.has_numbers() &&
         std::ranges::all_of(columns_, [this](const Column& column) {
           return IsNumeric(schema_.columns(static_cast<int>(column.index)).kind()) &&
                  column.offset == 0;
         });
}

TableEncoder::Expected TableEncoder::Describe(uint32_t column,
                                              std::span<const float> row_features) const {
  const Column* const found = Find(column);
  if (found == nullptr) return {};
  return found->encoder->Describe(row_features.subspan(found->first, found->width));
}

std::string TableEncoder::TextOf(const Binding& binding, uint32_t column, size_t row) const {
  const Column* const found = Find(column);
  if (found == nullptr || !binding.columns[column]->has_value(row)) return "";
  return found->encoder->TextOf(*binding.columns[column], row);
}

std::optional<std::string> TableEncoder::ListedCategory(uint32_t column, std::string_view text,
                                                        ValueType type) const {
  const Column* const found = Find(column);
  return found == nullptr ? std::nullopt : found->encoder->ListedCategory(text, type);
}

}  // namespace advae
