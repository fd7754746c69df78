// Reads any bytes as a table of any columns, to train on and to score, whole and in pieces: what
// comes out are tables that a server takes, and may not depend on the pieces.

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "model/base/utf8.h"
#include "model/table/cell_text.h"
#include "model/table/table_view.h"
#include "model/table/text/table_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/testing/block_buffer.h"

namespace advae {
namespace {

using testing::Require;

// Everything that a reader tells of a text.
struct Told {
  std::vector<std::string> strings = {};  // notes, settings, and names and texts of cells
  std::vector<std::string> keys = {};
  std::vector<size_t> numbers = {};  // of rows, and bad lines
  std::string status = {};

  bool operator==(const Told&) const = default;
};

std::string CellText(const ColumnView& column, size_t row) {
  if (!column.has_value(row)) return "missing";
  if (column.type() == ValueType::kTimes) return std::to_string(column.time(row));
  return "= " + CategoryText(column, row);
}

void AddRows(const v1::Table& table, Told& told) {
  const absl::StatusOr<TableView> view = TableView::Create(table, table.columns_size());
  Require(view.ok());
  for (size_t row = 0; row < view->rows(); ++row) {
    for (const ColumnView& column : view->columns()) {
      told.strings.push_back(column.name());
      told.strings.push_back(CellText(column, row));
      Require(IsUtf8(told.strings.back()));
    }
  }
}

Told ReadAll(absl::StatusOr<TableReader> reader, size_t rows) {
  Told told;
  if (!reader.ok()) return {.status = reader.status().ToString()};
  told.strings = reader->notes();
  for (const v1::ColumnSetting& setting : reader->settings()) {
    told.strings.push_back(setting.SerializeAsString());
  }
  for (;;) {
    const absl::StatusOr<TableRows> chunk = reader->ReadChunk(rows);
    told.status = chunk.status().ToString();
    if (!chunk.ok() || chunk->row_numbers.empty()) break;
    const size_t count = chunk->row_numbers.size();
    Require(count <= rows && chunk->table.rows() == count);
    Require(chunk->keys.size() == count * reader->key_names().size());
    Require(chunk->labels.size() == (reader->has_labels() ? count : 0));
    AddRows(chunk->table, told);
    told.keys.insert(told.keys.end(), chunk->keys.begin(), chunk->keys.end());
    told.numbers.insert(told.numbers.end(), chunk->row_numbers.begin(), chunk->row_numbers.end());
  }
  told.numbers.push_back(reader->bad_lines().count);
  return told;
}

v1::TableSchema Schema() {
  v1::TableSchema schema;
  google::protobuf::TextFormat::ParseFromString(
      R"pb(
        columns { name: "k" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_KEY }
        columns { name: "a" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE }
        columns { name: "b" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE }
        columns { name: "c" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE }
        columns { name: "t" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE }
      )pb",
      &schema);
  return schema;
}

// Reads `text` in every way, from blocks of this size and with at most `rows` rows in a chunk.
std::vector<Told> ReadInAllWays(const std::string& text, size_t block, size_t rows) {
  static const v1::TableSchema* const schema = new v1::TableSchema(Schema());
  v1::ColumnSetting category;
  category.set_name("*a");
  category.set_kind(v1::COLUMN_KIND_CATEGORY);
  std::vector<Told> told;
  const auto read = [&](const auto& create) {
    testing::BlockBuffer buffer(text, block);
    std::istream input(&buffer);
    told.push_back(ReadAll(create(input), rows));
  };
  read([](std::istream& input) { return TableReader::ForTraining(input, {}, {}); });
  read([&](std::istream& input) {
    return TableReader::ForTraining(
        input, {.label_column = "label", .label_optional = true, .max_bad_lines = 3}, {category});
  });
  read([](std::istream& input) {
    return TableReader::ForScoring(input, {.max_bad_lines = 1000}, *schema);
  });
  read([](std::istream& input) {
    return TableReader::ForScoring(input,
                                   {.label_column = "label",
                                    .normal_labels = {"0"},
                                    .label_optional = true,
                                    .format = {.missing = {"-1"}, .has_header = false}},
                                   *schema);
  });
  return told;
}

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::vector<advae::Told> whole = advae::ReadInAllWays(text, size + 1, 1000);
  advae::testing::Require(advae::ReadInAllWays(text, 1, 1) == whole);
  advae::testing::Require(advae::ReadInAllWays(text, 7, 3) == whole);
  return 0;
}
