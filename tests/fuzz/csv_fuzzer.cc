// Reads any bytes as a table, whole and in pieces, under several options: what comes out may not
// depend on the pieces.

#include <bit>
#include <cstdint>
#include <istream>
#include <string>
#include <utility>
#include <vector>

#include "model/data/data_set.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/testing/block_buffer.h"

namespace advae {
namespace {

using testing::Require;

// Everything that a reader tells of a text. Values are bits, so that NaNs are equal.
struct Told {
  std::vector<uint32_t> values = {};
  std::vector<std::string> strings = {};  // names, keys, notes
  std::vector<size_t> numbers = {};       // of rows, and bad lines
  std::string status = {};

  bool operator==(const Told&) const = default;
};

Told Read(const std::string& text, const DataSetOptions& options, size_t block, size_t rows) {
  testing::BlockBuffer buffer(text, block);
  std::istream input(&buffer);
  Told told;
  absl::StatusOr<DataSetReader> reader = DataSetReader::Create(input, options);
  if (!reader.ok()) return {.status = reader.status().ToString()};
  told.strings = reader->feature_names();
  told.strings.insert(told.strings.end(), reader->notes().begin(), reader->notes().end());
  for (;;) {
    const absl::StatusOr<DataSet> chunk = reader->ReadChunk(rows);
    told.status = chunk.status().ToString();
    if (!chunk.ok() || chunk->rows.values.empty()) break;
    const size_t count = chunk->row_numbers.size();
    Require(count <= rows && chunk->rows.rows() == count);
    Require(chunk->keys.size() == count * reader->key_names().size());
    Require(chunk->labels.size() == (reader->has_labels() ? count : 0));
    for (const float value : chunk->rows.values) {
      told.values.push_back(std::bit_cast<uint32_t>(value));
    }
    told.strings.insert(told.strings.end(), chunk->keys.begin(), chunk->keys.end());
    told.numbers.insert(told.numbers.end(), chunk->row_numbers.begin(), chunk->row_numbers.end());
  }
  told.numbers.push_back(reader->bad_lines().count);
  return told;
}

std::vector<DataSetOptions> AllOptions() {
  return {{},
          {.refuse_label_feature = true, .max_bad_lines = 3},
          {.columns = {"a"}, .allow_not_finite = true, .max_bad_lines = 1000},
          {.label_column = "label", .label_optional = true, .key_columns = {"k"}},
          {.ignored_columns = {"*k*"}, .format = {.has_header = true}},
          {.format = {.dialect = {.delimiter = ';', .quote = '\''},
                      .decimal_mark = DecimalMark::kComma,
                      .missing = {"-1"},
                      .has_header = false},
           .allow_not_finite = true}};
}

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const advae::DataSetOptions& options : advae::AllOptions()) {
    const advae::Told whole = advae::Read(text, options, size + 1, 1000);
    advae::testing::Require(advae::Read(text, options, 1, 1) == whole);
    advae::testing::Require(advae::Read(text, options, 7, 3) == whole);
  }
  return 0;
}
