// Reads any bytes as a Table message, learns its schema and encodes it; and as a TableSchema, by
// which it encodes a small table.

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "advae/v1/types.pb.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/survey/table_survey.h"
#include "model/table/table_view.h"
#include "tests/fuzz/fuzz_target.h"

namespace advae {
namespace {

using testing::Require;

constexpr size_t kMaxColumns = 50;

// Encodes all rows, and asks for everything that an explanation shows.
void EncodeAll(const TableEncoder& encoder, const TableView& view) {
  const absl::StatusOr<TableEncoder::Binding> binding = encoder.Bind(view);
  if (!binding.ok()) return;
  const size_t d = encoder.features();
  const auto columns = static_cast<size_t>(encoder.schema().columns_size());
  std::vector<float> features(view.rows() * d);
  std::vector<CellNote> notes(view.rows() * columns);
  encoder.Encode(*binding, 0, view.rows(), features, notes);
  for (size_t row = 0; row < view.rows(); ++row) {
    const std::span<const float> encoded = std::span(features).subspan(row * d, d);
    for (size_t j = 0; j < d; ++j) {
      // Of a cell, all features are missing or none is, and only where it has no value.
      const CellNote note = notes[row * columns + encoder.column_of(j)];
      if (note == CellNote::kNone) Require(!std::isnan(encoded[j]));
    }
    for (uint32_t column = 0; column < columns; ++column) {
      encoder.Describe(column, encoded);
      Require(encoder.TextOf(*binding, column, row).size() <= 256);
    }
  }
}

void CheckEncoder(const TableEncoder& encoder) {
  const size_t d = encoder.features();
  Require(d > 0 && encoder.marks() < d && encoder.tells_unusual_missing().size() == d);
  std::unordered_set<std::string> names;
  for (const std::string& name : encoder.feature_names()) {
    Require(!name.empty() && name.size() <= 256 && names.insert(name).second);
  }
}

void ReadTable(const std::string& bytes) {
  v1::Table table;
  if (!table.ParseFromString(bytes)) return;
  const absl::StatusOr<TableView> view = TableView::Create(table, kMaxColumns);
  if (!view.ok()) return;
  for (const bool strict : {false, true}) {
    for (const v1::ColumnKind kind : {v1::COLUMN_KIND_UNSPECIFIED, v1::COLUMN_KIND_CATEGORY}) {
      v1::ColumnSetting setting;
      setting.set_name("*");
      setting.set_kind(kind);
      TableSurvey survey({setting}, strict);
      if (!survey.Add(*view).ok()) continue;
      Require(survey.Add(*view).ok());
      absl::StatusOr<v1::TableSchema> schema = survey.Finish();
      if (!schema.ok()) continue;
      SchemaWarnings(*schema);
      const auto encoder = TableEncoder::Create(*std::move(schema));
      Require(encoder.ok());
      CheckEncoder(**encoder);
      Require((*encoder)->Bind(*view).ok());
      EncodeAll(**encoder, *view);
    }
  }
}

// A row without and one with a value, for each column of the schema.
v1::Table TableFor(const v1::TableSchema& schema) {
  v1::Table table;
  table.set_rows(2);
  const std::string validity(1, '\2');
  for (const v1::ColumnSchema& told : schema.columns()) {
    v1::TableColumn& column = *table.add_columns();
    column.set_name(told.name());
    column.set_validity(validity);
    const std::string values(16, '\x41');
    if (told.kind() == v1::COLUMN_KIND_NUMBER) column.set_doubles(values);
    if (told.kind() == v1::COLUMN_KIND_TIME) column.set_times(values);
    if (told.kind() == v1::COLUMN_KIND_BOOLEAN) column.set_bools(validity);
    if (column.values_case() != v1::TableColumn::VALUES_NOT_SET) continue;
    v1::StringValues& strings = *column.mutable_strings();
    strings.add_dictionary(told.category().categories_size() > 0
                               ? told.category().categories(0).category()
                               : told.name());
    strings.set_codes(std::string(8, '\0'));
  }
  return table;
}

void ReadSchema(const std::string& bytes) {
  v1::TableSchema schema;
  if (!schema.ParseFromString(bytes)) return;
  const auto encoder = TableEncoder::Create(schema);
  if (!encoder.ok()) return;
  CheckEncoder(**encoder);
  const v1::Table table = TableFor(schema);
  const absl::StatusOr<TableView> view = TableView::Create(table, bytes.size());
  Require(view.ok() && (*encoder)->Bind(*view).ok());
  EncodeAll(**encoder, *view);
}

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  advae::ReadTable(bytes);
  advae::ReadSchema(bytes);
  return 0;
}
