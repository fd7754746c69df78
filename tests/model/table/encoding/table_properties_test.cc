// What must not matter to a schema and to encoded rows: the order of columns, columns that are not
// used, how rows are cut into chunks, and how dictionaries are written.

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/table/encoding/table_encoder.h"
#include "tests/model/table/encoding/encodings.h"
#include "tests/model/table/survey/surveys.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::BufferOf;
using ::advae::testing::Encoded;
using ::advae::testing::EncodeTable;
using ::advae::testing::IsOk;
using ::advae::testing::SchemaOf;
using ::advae::testing::TableBuilder;
using ::google::protobuf::util::MessageDifferencer;

constexpr size_t kRows = 500;

// Rows [first, first + count) of a table with columns of all kinds, of which a tenth is missing.
v1::Table Rows(size_t first, size_t count) {
  std::vector<std::optional<double>> level;
  std::vector<std::optional<float>> flow;
  std::vector<std::optional<bool>> open;
  std::vector<std::optional<std::string>> pump;
  std::vector<std::optional<std::string>> merchant;
  std::vector<std::optional<std::string>> id;
  std::vector<std::optional<int64_t>> time;
  for (size_t i = first; i < first + count; ++i) {
    std::mt19937 random(static_cast<uint32_t>(i));
    const auto is_there = [&] { return random() % 10 != 0; };
    level.push_back(1e9 + 0.25 * (random() % 1000));
    flow.push_back(is_there() ? std::optional(0.1F * (random() % 100)) : std::nullopt);
    open.push_back(is_there() ? std::optional(random() % 3 == 0) : std::nullopt);
    pump.push_back(is_there() ? std::optional(absl::StrCat("p", random() % 5)) : std::nullopt);
    merchant.push_back(absl::StrCat("m", random() % 60));
    id.push_back(absl::StrCat("id", i));
    time.push_back(static_cast<int64_t>(i) * 7'200'000'000);
  }
  return TableBuilder()
      .Doubles("level", level)
      .Floats("flow", flow)
      .Bools("open", open)
      .Strings("pump", pump)
      .Strings("merchant", merchant)
      .Strings("id", id)
      .Times("time", time);
}

v1::TableSchema WholeSchema() {
  absl::StatusOr<v1::TableSchema> schema = SchemaOf(Rows(0, kRows));
  EXPECT_THAT(schema, IsOk());
  return *std::move(schema);
}

std::unique_ptr<const TableEncoder> WholeEncoder() {
  absl::StatusOr<std::unique_ptr<const TableEncoder>> encoder = TableEncoder::Create(WholeSchema());
  EXPECT_THAT(encoder, IsOk());
  return *std::move(encoder);
}

void ExpectSame(const Encoded& a, const Encoded& b) {
  EXPECT_EQ(BufferOf(a.features), BufferOf(b.features));  // as bits, because of NaNs
  EXPECT_EQ(a.notes, b.notes);
}

// The dictionaries in another order, with texts that no row has, and with one twice.
v1::Table WithOtherDictionaries(v1::Table table) {
  std::mt19937 random(1);
  for (v1::TableColumn& column : *table.mutable_columns()) {
    if (!column.has_strings()) continue;
    v1::StringValues& strings = *column.mutable_strings();
    std::vector<std::string> texts(strings.dictionary().begin(), strings.dictionary().end());
    std::vector<size_t> order(texts.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::shuffle(order, random);
    strings.clear_dictionary();
    strings.add_dictionary("no row has this");
    std::vector<int32_t> codes(texts.size());
    for (const size_t i : order) {
      codes[i] = strings.dictionary_size();
      strings.add_dictionary(texts[i]);
      strings.add_dictionary(absl::StrCat(texts[i], " which no row has"));
    }
    strings.add_dictionary(texts[0]);
    const int32_t twice = strings.dictionary_size() - 1;
    std::string& buffer = *strings.mutable_codes();
    for (size_t row = 0; row < table.rows(); ++row) {
      int32_t code;
      std::memcpy(&code, buffer.data() + 4 * row, 4);
      code = code == 0 && row % 2 == 0 ? twice : codes[static_cast<size_t>(code)];
      std::memcpy(buffer.data() + 4 * row, &code, 4);
    }
  }
  return table;
}

TEST(TableProperties, SchemaHasAllRoles) {
  const v1::TableSchema schema = WholeSchema();
  EXPECT_NE(schema.columns(0).number().offset(), 0);
  EXPECT_EQ(schema.columns(3).category().encoding(), v1::CATEGORY_ENCODING_ONE_HOT);
  EXPECT_EQ(schema.columns(4).category().encoding(), v1::CATEGORY_ENCODING_FREQUENCY);
  EXPECT_EQ(schema.columns(5).role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_TRUE(schema.columns(6).time().day_of_week());
}

TEST(TableProperties, ChunksDoNotMatter) {
  const v1::TableSchema whole = WholeSchema();
  const auto encoder = WholeEncoder();
  const Encoded encoded = EncodeTable(*encoder, Rows(0, kRows));
  for (const size_t size : {1U, 7U, 64U, 499U}) {
    std::vector<v1::Table> chunks;
    Encoded joined;
    for (size_t first = 0; first < kRows; first += size) {
      chunks.push_back(Rows(first, std::min(size, kRows - first)));
      const Encoded part = EncodeTable(*encoder, chunks.back());
      joined.features.insert(joined.features.end(), part.features.begin(), part.features.end());
      joined.notes.insert(joined.notes.end(), part.notes.begin(), part.notes.end());
    }
    ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema, SchemaOf(chunks));
    EXPECT_TRUE(MessageDifferencer::Equals(schema, whole)) << size;
    ExpectSame(joined, encoded);
  }
}

TEST(TableProperties, DictionariesDoNotMatter) {
  const v1::Table table = Rows(0, kRows);
  const v1::Table other = WithOtherDictionaries(table);
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema, SchemaOf(other));
  EXPECT_TRUE(MessageDifferencer::Equals(schema, WholeSchema()));
  const auto encoder = WholeEncoder();
  ExpectSame(EncodeTable(*encoder, other), EncodeTable(*encoder, table));
}

TEST(TableProperties, OrderAndUnusedColumnsDoNotMatter) {
  const v1::Table table = Rows(0, kRows);
  v1::Table other = table;
  std::reverse(other.mutable_columns()->begin(), other.mutable_columns()->end());
  other.mutable_columns()->DeleteSubrange(1, 1);  // the identifiers, which are not used
  *other.add_columns() = table.columns(0);
  other.mutable_columns()->rbegin()->set_name("not known");
  const auto encoder = WholeEncoder();
  ExpectSame(EncodeTable(*encoder, other), EncodeTable(*encoder, table));
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema, SchemaOf(other));
  const v1::TableSchema whole = WholeSchema();
  for (const v1::ColumnSchema& column : schema.columns()) {
    for (const v1::ColumnSchema& same : whole.columns()) {
      if (same.name() != column.name()) continue;
      EXPECT_TRUE(MessageDifferencer::Equals(column, same)) << column.name();
    }
  }
}

TEST(TableProperties, EncodingOfARowDependsOnNoOther) {
  const auto encoder = WholeEncoder();
  const Encoded all = EncodeTable(*encoder, Rows(0, kRows));
  const size_t d = encoder->features();
  for (const size_t row : {0U, 63U, 64U, 499U}) {
    const Encoded one = EncodeTable(*encoder, Rows(row, 1));
    const auto from = all.features.begin() + static_cast<std::ptrdiff_t>(row * d);
    EXPECT_EQ(BufferOf(one.features),
              BufferOf(std::vector<float>(from, from + static_cast<std::ptrdiff_t>(d))));
  }
}

TEST(TableProperties, SchemaSurvivesSerialization) {
  const v1::TableSchema schema = WholeSchema();
  v1::TableSchema read;
  ASSERT_TRUE(read.ParseFromString(schema.SerializeAsString()));
  ASSERT_OK_AND_ASSIGN(const auto encoder, TableEncoder::Create(read));
  const v1::Table table = Rows(0, kRows);
  ExpectSame(EncodeTable(*encoder, table), EncodeTable(*WholeEncoder(), table));
}

}  // namespace
}  // namespace advae
