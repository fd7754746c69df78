#include "model/table/encoding/table_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/model/table/encoding/encodings.h"
#include "tests/model/table/encoding/schemas.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::Encoded;
using ::advae::testing::EncodeTable;
using ::advae::testing::IsOk;
using ::advae::testing::ParseSchema;
using ::advae::testing::StatusIs;
using ::advae::testing::TableBuilder;
using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::NanSensitiveFloatEq;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

// A number with an offset and missing values, a boolean, a key, and a category without others.
constexpr const char* kPumps = R"(
    columns { name: "flow" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE missing_share: 0.5
              number { offset: 1000 } }
    columns { name: "open" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE boolean {} }
    columns { name: "id" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_KEY }
    columns { name: "pump" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
              category { encoding: CATEGORY_ENCODING_ONE_HOT
                         categories { category: "A" count: 2 }
                         categories { category: "B" count: 1 } } })";

// Numbers and booleans only.
constexpr const char* kNumbers = R"(
    columns { name: "x" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE number {} }
    columns { name: "k" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_IGNORED }
    columns { name: "y" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE boolean {} })";

std::unique_ptr<const TableEncoder> EncoderOf(const std::string& schema) {
  absl::StatusOr<std::unique_ptr<const TableEncoder>> encoder =
      TableEncoder::Create(ParseSchema(schema));
  EXPECT_THAT(encoder, IsOk());
  return *std::move(encoder);
}

TEST(TableEncoder, NamesItsFeatures) {
  const auto encoder = EncoderOf(kPumps);
  EXPECT_EQ(encoder->features(), 6);
  EXPECT_EQ(encoder->marks(), 1);
  EXPECT_THAT(encoder->feature_names(), ElementsAre("flow", "open", "pump = A", "pump = B",
                                                    "pump (other)", "flow (missing)"));
  const std::vector<uint32_t> columns = {0, 1, 3, 3, 3, 0};
  for (size_t j = 0; j < columns.size(); ++j) EXPECT_EQ(encoder->column_of(j), columns[j]);
  EXPECT_THAT(encoder->tells_unusual_missing(),
              ElementsAre(false, true, true, false, false, false));
  EXPECT_EQ(encoder->schema().columns(2).name(), "id");
}

TEST(TableEncoder, EncodesNumbersBooleansAndCategories) {
  const auto encoder = EncoderOf(kPumps);
  const Encoded encoded = EncodeTable(*encoder, TableBuilder()
                                                    .Strings("pump", {"B", "A", {}, "C"})
                                                    .Doubles("flow", {1001.5, 1000, {}, 0})
                                                    .Bools("open", {true, false, {}, true})
                                                    .Doubles("not asked for", {1, 2, 3, 4}));
  EXPECT_THAT(encoded.features, ElementsAre(1.5, 1, 0, 1, 0, 0,            //
                                            0, 0, 1, 0, 0, 0,              //
                                            NanSensitiveFloatEq(kNan),     //
                                            NanSensitiveFloatEq(kNan),     //
                                            NanSensitiveFloatEq(kNan),     //
                                            NanSensitiveFloatEq(kNan),     //
                                            NanSensitiveFloatEq(kNan), 1,  //
                                            -1000, 1, 0, 0, 1, 0));
  constexpr CellNote kNone = CellNote::kNone;
  constexpr CellNote kMissing = CellNote::kMissing;
  EXPECT_THAT(encoded.notes, ElementsAre(kNone, kNone, kNone, kNone,           //
                                         kNone, kNone, kNone, kNone,           //
                                         kMissing, kMissing, kNone, kMissing,  //
                                         kNone, kNone, kNone, CellNote::kUnseen));
}

TEST(TableEncoder, EncodesPartsOfATable) {
  const auto encoder = EncoderOf(kNumbers);
  std::vector<std::optional<float>> x;
  std::vector<std::optional<bool>> y;
  for (int i = 0; i < 200; ++i) {
    x.push_back(static_cast<float>(i));
    y.push_back(i % 3 == 0);
  }
  const v1::Table table = TableBuilder().Floats("x", x).Bools("y", y);
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  std::vector<float> features(150 * 2);
  encoder->Encode(binding, 20, 150, features, {});
  for (size_t i = 0; i < 150; ++i) {
    EXPECT_EQ(features[2 * i], static_cast<float>(20 + i));
    EXPECT_EQ(features[2 * i + 1], (20 + i) % 3 == 0 ? 1 : 0);
  }
}

TEST(TableEncoder, SharesOfCategories) {
  const auto encoder = EncoderOf(R"(
      columns { name: "m" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_FREQUENCY other_count: 2
                           categories { category: "often" count: 6 }
                           categories { category: "once" count: 1 } } })");
  EXPECT_THAT(encoder->feature_names(), ElementsAre("m (frequency)"));
  const Encoded encoded =
      EncodeTable(*encoder, TableBuilder().Strings("m", {"once", "often", "never"}));
  EXPECT_THAT(encoded.features, ElementsAre(FloatEq(std::log(0.15F)), FloatEq(std::log(0.65F)),
                                            FloatEq(std::log(0.05F))));
  // Training met others: this may be one of them.
  EXPECT_EQ(encoded.notes[2], CellNote::kNone);
  EXPECT_EQ(encoder->Describe(0, std::vector<float>{-0.1F}).text, "often");
  EXPECT_EQ(encoder->Describe(0, std::vector<float>{std::log(0.05F)}).text, "(other)");
  EXPECT_EQ(encoder->Describe(0, std::vector<float>{-9}).text, "(other)");
}

TEST(TableEncoder, NumbersThatAreWrittenInAnotherWayAreTheListedOnes) {
  const auto encoder = EncoderOf(R"(
      columns { name: "s" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_ONE_HOT
                           categories { category: "1" count: 2 }
                           categories { category: "2.50" count: 2 }
                           categories { category: "007" count: 2 }
                           categories { category: "3" count: 2 }
                           categories { category: "3.0" count: 2 } } })");
  const auto category_of = [&](const v1::Table& table) {
    const Encoded encoded = EncodeTable(*encoder, table);
    return std::ranges::find(encoded.features, 1) - encoded.features.begin();
  };
  constexpr ptrdiff_t kOther = 5;
  const std::vector<std::pair<std::string, ptrdiff_t>> texts = {
      {"1", 0},         {"1.0", 0},     {"1.00", 0},
      {"2.5", 1},       {"007", 2},     {"3", 3},
      {"3.0", 4},       {"01", kOther}, {"7", kOther},
      {"3.00", kOther},  // either
      {"1e0", kOther},  {"1.", 0},      {"0x1", kOther},
      {"1 ", kOther},   {"-1", kOther}, {"1.000000000000001", kOther}};
  for (const auto& [text, category] : texts) {
    EXPECT_EQ(category_of(TableBuilder().Strings("s", {text})), category) << text;
  }
  EXPECT_EQ(category_of(TableBuilder().Doubles("s", {1})), 0);
  EXPECT_EQ(category_of(TableBuilder().Doubles("s", {7})), 2);
  EXPECT_EQ(category_of(TableBuilder().Floats("s", {2.5F})), 1);
  EXPECT_EQ(category_of(TableBuilder().Doubles("s", {3})), 3);
  EXPECT_EQ(category_of(TableBuilder().Bools("s", {true})), kOther);
}

// To itself, the only row of a category is as one that did not occur.
TEST(TableEncoder, TrainingRowsDoNotCountThemselves) {
  const auto encoder = EncoderOf(R"(
      columns { name: "m" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_FREQUENCY other_count: 2
                           categories { category: "often" count: 6 }
                           categories { category: "once" count: 1 } } })");
  const v1::Table table = TableBuilder().Strings("m", {"once", "often", "never"});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  std::vector<float> features(3);
  encoder->EncodeTraining(binding, features);
  EXPECT_THAT(features, ElementsAre(FloatEq(std::log(0.05F)), FloatEq(std::log(0.55F)),
                                    FloatEq(std::log(0.05F))));
}

TEST(TableEncoder, NumbersAsCategories) {
  const auto encoder = EncoderOf(R"(
      columns { name: "port" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_ONE_HOT
                           categories { category: "443" } categories { category: "0.1" } } })");
  const auto is_listed = ElementsAre(1, 0, 0, 0, 1, 0, 0, 0, 1);
  EXPECT_THAT(EncodeTable(*encoder, TableBuilder().Doubles("port", {443, 0.1, 80})).features,
              is_listed);
  EXPECT_THAT(EncodeTable(*encoder, TableBuilder().Floats("port", {443, 0.1F, 80})).features,
              is_listed);
  EXPECT_THAT(
      EncodeTable(*encoder, TableBuilder().Strings("port", {"443", "0.1", "0443"})).features,
      is_listed);
  EXPECT_THAT(EncodeTable(*encoder, TableBuilder().Bools("port", {true})).features,
              ElementsAre(0, 0, 1));
}

TEST(TableEncoder, Times) {
  const auto encoder = EncoderOf(R"(
      columns { name: "start" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE
                time { maximum: 1000000000000 time_of_day: true day_of_week: true } }
      columns { name: "day" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE
                time { day_of_week: true } })");
  EXPECT_THAT(encoder->feature_names(),
              ElementsAre("start (time of day, sine)", "start (time of day, cosine)",
                          "start (day of week, sine)", "start (day of week, cosine)",
                          "day (day of week, sine)", "day (day of week, cosine)"));
  constexpr int64_t kMonday = int64_t{4 * 86'400} * 1'000'000;  // 1970-01-05
  constexpr int64_t kSixHours = int64_t{6 * 3'600} * 1'000'000;
  const v1::Table table =
      TableBuilder().Times("start", {kMonday + kSixHours}).Times("day", {kMonday});
  const Encoded encoded = EncodeTable(*encoder, table);
  const auto near = [](float value) { return ::testing::FloatNear(value, 1e-7F); };
  EXPECT_THAT(encoded.features, ElementsAre(1, near(0), 0, 1, 0, 1));
  EXPECT_EQ(encoder->Describe(0, encoded.features).text, "Monday, about 06:00");
  EXPECT_EQ(encoder->Describe(1, encoded.features).text, "Monday");
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  EXPECT_EQ(encoder->TextOf(binding, 0, 0), "1970-01-05T06:00:00Z");
}

TEST(TableEncoder, StrictHasNoMarks) {
  const auto encoder = EncoderOf(std::string(kPumps) + "strict: true");
  EXPECT_EQ(encoder->marks(), 0);
  EXPECT_EQ(encoder->features(), 5);
  const Encoded encoded = EncodeTable(
      *encoder, TableBuilder().Strings("pump", {"C"}).Doubles("flow", {{}}).Bools("open", {true}));
  EXPECT_TRUE(std::isnan(encoded.features[0]));
  EXPECT_EQ(encoded.features[1], 1);
  for (size_t j = 2; j < 5; ++j) EXPECT_TRUE(std::isnan(encoded.features[j]));
  EXPECT_EQ(encoded.notes[3], CellNote::kUnseen);
}

TEST(TableEncoder, InfiniteNumbersStay) {
  const auto encoder = EncoderOf(kPumps);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Encoded encoded = EncodeTable(*encoder, TableBuilder()
                                                    .Strings("pump", {"A", "A"})
                                                    .Doubles("flow", {-kInfinity, 1e300})
                                                    .Bools("open", {true, true}));
  EXPECT_EQ(encoded.features[0], -std::numeric_limits<float>::infinity());
  EXPECT_EQ(encoded.features[6], std::numeric_limits<float>::infinity());
  EXPECT_EQ(encoded.notes[0], CellNote::kNone);
}

TEST(TableEncoder, NamesAreUniqueAndBounded) {
  const std::string longest(300, 'n');
  const auto encoder = EncoderOf(R"(
      columns { name: "a = b" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE number {} }
      columns { name: "a" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_ONE_HOT categories { category: "b" } } }
      columns { name: ")" + longest +
                                 R"(" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_ONE_HOT } missing_share: 0.1 })");
  EXPECT_THAT(encoder->feature_names(),
              ElementsAre("a = b", "a = b #2", "a (other)", longest.substr(0, 256),
                          longest.substr(0, 253) + " #2"));
}

// In time that grows with the names alone: 60,000 would take hours if each looked for its number
// from 2 on.
TEST(TableEncoder, ManyNamesThatAreCutToTheSame) {
  constexpr int kColumns = 60'000;
  const std::string start(300, 'n');
  v1::TableSchema schema;
  for (int i = 0; i < kColumns; ++i) {
    v1::ColumnSchema& column = *schema.add_columns();
    column.set_name(start + std::to_string(i));
    column.set_kind(v1::COLUMN_KIND_NUMBER);
    column.set_role(v1::COLUMN_ROLE_FEATURE);
    column.mutable_number();
  }
  ASSERT_OK_AND_ASSIGN(const auto encoder, TableEncoder::Create(std::move(schema)));
  const std::vector<std::string>& names = encoder->feature_names();
  EXPECT_EQ(names[0], start.substr(0, 256));
  EXPECT_EQ(names[1], start.substr(0, 253) + " #2");
  EXPECT_EQ(names[8], start.substr(0, 253) + " #9");
  EXPECT_EQ(names[9], start.substr(0, 252) + " #10");
  EXPECT_EQ(names[kColumns - 1], start.substr(0, 249) + " #60000");
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), kColumns);
}

TEST(TableEncoder, TimesWithoutDatesAreShownWithoutThem) {
  const auto encoder = EncoderOf(R"(
      columns { name: "start" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE
                time { minimum: 5000000 maximum: 86399999999 time_of_day: true } })");
  const v1::Table table = TableBuilder().Times("start", {int64_t{51'321'500'000}});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  EXPECT_EQ(encoder->TextOf(binding, 0, 0), "14:15:21.5");
}

// As a search through all of them finds it.
TEST(TableEncoder, DescribesTheCategoryOfTheNearestShare) {
  const std::vector<uint64_t> counts = {900, 400, 400, 90, 31, 30, 7, 7, 2, 1, 1};
  double rows = 3;  // others
  for (const uint64_t count : counts) rows += static_cast<double>(count);
  v1::TableSchema schema;
  v1::ColumnSchema& column = *schema.add_columns();
  column.set_name("m");
  column.set_kind(v1::COLUMN_KIND_CATEGORY);
  column.set_role(v1::COLUMN_ROLE_FEATURE);
  column.mutable_category()->set_encoding(v1::CATEGORY_ENCODING_FREQUENCY);
  column.mutable_category()->set_other_count(3);
  for (size_t i = 0; i < counts.size(); ++i) {
    v1::CategoryCount& category = *column.mutable_category()->add_categories();
    category.set_category(std::to_string(i));
    category.set_count(counts[i]);
  }
  ASSERT_OK_AND_ASSIGN(const auto encoder, TableEncoder::Create(std::move(schema)));
  for (float feature = -10; feature < 1; feature += 0.0171F) {
    const auto distance = [&](double count) {  // a training row does not count itself
      return std::abs(std::log((count + 0.5) / (rows + 1)) - static_cast<double>(feature));
    };
    std::string nearest = "(other)";
    double least = distance(0);
    for (size_t i = 0; i < counts.size(); ++i) {
      const double found = distance(static_cast<double>(counts[i]) - 1);
      if (found >= least) continue;
      least = found;
      nearest = std::to_string(i);
    }
    EXPECT_EQ(encoder->Describe(0, std::vector<float>{feature}).text, nearest) << feature;
  }
}

TEST(TableEncoder, MarksOfTheSchemaAreMissingInAMatrix) {
  const auto encoder =
      EncoderOf(std::string(kNumbers) + "missing_marks: '-9.0' missing_marks: '?'");
  EXPECT_FALSE(encoder->is_identity());
  EXPECT_TRUE(EncoderOf(kNumbers)->is_identity());
  EXPECT_TRUE(encoder->missing_marks().HasNumber(-9.0F));
  const std::vector<float> rows = {-9, 1, 9, 0};
  std::vector<float> features(4);
  std::vector<CellNote> notes(6);
  encoder->Encode({.values = rows.data(), .rows = 2, .columns = 2}, features, notes);
  EXPECT_THAT(features, ElementsAre(NanSensitiveFloatEq(kNan), 1, 9, 0));
  constexpr CellNote kNone = CellNote::kNone;
  EXPECT_THAT(notes, ElementsAre(CellNote::kMissing, kNone, kNone, kNone, kNone, kNone));
}

TEST(TableEncoder, InvalidSchema) {
  EXPECT_THAT(TableEncoder::Create({}), StatusIs(kInvalidArgument, HasSubstr("no column")));
}

absl::Status BindStatus(const TableEncoder& encoder, const v1::Table& table) {
  const absl::StatusOr<TableView> view = TableView::Create(table, 1000);
  EXPECT_THAT(view, IsOk());
  return encoder.Bind(*view).status();
}

TEST(TableEncoder, BindFindsColumnsAndKeysByName) {
  const auto encoder = EncoderOf(kPumps);
  const v1::Table table = TableBuilder()
                              .Strings("id", {"7"})
                              .Strings("pump", {"A"})
                              .Floats("flow", {1})
                              .Bools("open", {true});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  EXPECT_THAT(binding.columns,
              ElementsAre(&view.columns()[2], &view.columns()[3], nullptr, &view.columns()[1]));
  ASSERT_EQ(binding.keys.size(), 1u);
  EXPECT_EQ(&binding.keys[0].message(), &view.columns()[0].message());
}

TEST(TableEncoder, BindFindsNamesHoweverTheyAreWritten) {
  const auto encoder = EncoderOf(
      "columns { name: 'Gr\u00f6\u00dfe' kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE number "
      "{} }");
  const std::string decomposed = "Gro\u0308\u00dfe";
  const v1::Table table = TableBuilder().Doubles("other", {1}).Doubles(decomposed, {2});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 1000));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  EXPECT_THAT(binding.columns, ElementsAre(&view.columns()[1]));
  // The same name comes before one that is written in another way.
  const v1::Table both = TableBuilder().Doubles(decomposed, {2}).Doubles("Gr\u00f6\u00dfe", {1});
  ASSERT_OK_AND_ASSIGN(const TableView two, TableView::Create(both, 1000));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding exact, encoder->Bind(two));
  EXPECT_THAT(exact.columns, ElementsAre(&two.columns()[1]));
  EXPECT_THAT(
      BindStatus(*encoder, TableBuilder().Doubles(decomposed, {2}).Doubles(" " + decomposed, {1})),
      StatusIs(kInvalidArgument,
               HasSubstr("columns 0 and 1 (from 0) of the table have the same name")));
}

// It tells whose row it is, also when that is called as what marks a missing value.
TEST(TableEncoder, MarksOfTheSchemaAreValuesOfAKey) {
  const auto encoder = EncoderOf(std::string(kPumps) + "missing_marks: 'A'");
  const v1::Table table = TableBuilder()
                              .Doubles("flow", {1})
                              .Bools("open", {true})
                              .Strings("pump", {"A"})
                              .Strings("id", {"A"});
  ASSERT_OK_AND_ASSIGN(const TableView view,
                       TableView::Create(table, 1000, &encoder->missing_marks()));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  EXPECT_FALSE(binding.columns[3]->has_value(0));
  ASSERT_EQ(binding.keys.size(), 1u);
  EXPECT_TRUE(binding.keys[0].has_value(0));
}

TEST(TableEncoder, TellsTheListedCategoryOfAValue) {
  const auto encoder = EncoderOf(R"(
      columns { name: "code" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_ONE_HOT
                           categories { category: "007" count: 2 }
                           categories { category: "True" count: 1 } } }
      columns { name: "flow" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE number {} })");
  EXPECT_EQ(encoder->ListedCategory(0, "7", ValueType::kDoubles), "007");
  EXPECT_EQ(encoder->ListedCategory(0, "7", ValueType::kStrings), std::nullopt);
  EXPECT_EQ(encoder->ListedCategory(0, "007", ValueType::kStrings), "007");
  EXPECT_EQ(encoder->ListedCategory(0, "true", ValueType::kBools), "True");
  EXPECT_EQ(encoder->ListedCategory(0, "true", ValueType::kStrings), std::nullopt);
  EXPECT_EQ(encoder->ListedCategory(0, "false", ValueType::kBools), std::nullopt);
  EXPECT_EQ(encoder->ListedCategory(1, "7", ValueType::kDoubles), std::nullopt);
  // As a column of them is encoded.
  const v1::Table table = TableBuilder().Bools("code", {true, false}).Doubles("flow", {1, 2});
  EXPECT_THAT(EncodeTable(*encoder, table).features, ElementsAre(0, 1, 0, 1, 0, 0, 1, 2));
}

TEST(TableEncoder, BindWithoutColumns) {
  const auto encoder = EncoderOf(kPumps);
  EXPECT_THAT(BindStatus(*encoder, TableBuilder().Doubles("flow", {1}).Strings("pump", {"A"})),
              StatusIs(kInvalidArgument, HasSubstr("the table has no column \"open\"; the columns "
                                                   "are \"flow\", \"pump\"")));
  EXPECT_THAT(
      BindStatus(*encoder, TableBuilder().Doubles("Flow", {1})),
      StatusIs(kInvalidArgument, HasSubstr("no columns \"flow\", \"open\", \"pump\"; did you mean "
                                           "\"Flow\"? The columns are \"Flow\"")));
}

TEST(TableEncoder, BindWithOtherTypes) {
  const auto encoder = EncoderOf(kPumps);
  EXPECT_THAT(
      BindStatus(
          *encoder,
          TableBuilder().Strings("flow", {"1"}).Bools("open", {true}).Strings("pump", {"A"})),
      StatusIs(kInvalidArgument,
               HasSubstr("column \"flow\" has strings; to the version it is a number")));
  EXPECT_THAT(
      BindStatus(*encoder,
                 TableBuilder().Bools("flow", {true}).Bools("open", {true}).Times("pump", {0})),
      StatusIs(kInvalidArgument, HasSubstr("\"pump\" has times; to the version it is a c")));
  EXPECT_THAT(
      BindStatus(*encoder,
                 TableBuilder().Floats("flow", {1}).Floats("open", {1}).Bools("pump", {true})),
      StatusIs(kInvalidArgument, HasSubstr("\"open\" has floats; to the version it is a")));
}

TEST(TableEncoder, Matrix) {
  const auto encoder = EncoderOf(R"(
      columns { name: "x" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE missing_share: 0.1
                number { offset: 10 } }
      columns { name: "k" role: COLUMN_ROLE_KEY }
      columns { name: "y" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE boolean {} })");
  EXPECT_FALSE(encoder->is_identity());
  const std::vector<float> values = {12, 1, kNan, 0, 0, kNan};
  std::vector<float> features(9);
  std::vector<CellNote> notes(9);
  encoder->Encode(MatrixView{.values = values.data(), .rows = 3, .columns = 2}, features, notes);
  EXPECT_THAT(features, ElementsAre(2, 1, 0,                          //
                                    NanSensitiveFloatEq(kNan), 0, 1,  //
                                    -10, NanSensitiveFloatEq(kNan), 0));
  constexpr CellNote kNone = CellNote::kNone;
  EXPECT_THAT(notes, ElementsAre(kNone, kNone, kNone,               //
                                 CellNote::kMissing, kNone, kNone,  //
                                 kNone, kNone, CellNote::kMissing));
}

TEST(TableEncoder, MatrixThatStaysAsItIs) {
  const auto encoder = EncoderOf(kNumbers);
  EXPECT_TRUE(encoder->is_identity());
  const std::vector<float> values = {0.1F, 1, -0.0F, 0};
  std::vector<float> features(4);
  encoder->Encode(MatrixView{.values = values.data(), .rows = 2, .columns = 2}, features, {});
  EXPECT_EQ(features, values);
  EXPECT_FALSE(EncoderOf(kPumps)->is_identity());
}

TEST(TableEncoder, CheckMatrix) {
  const auto encoder = EncoderOf(kNumbers);
  EXPECT_THAT(encoder->CheckMatrix(2, {}), IsOk());
  EXPECT_THAT(encoder->CheckMatrix(2, std::vector<std::string>{"x", "y"}), IsOk());
  EXPECT_THAT(encoder->CheckMatrix(3, {}),
              StatusIs(kInvalidArgument,
                       HasSubstr("the matrix has 3 columns; the version's schema has 2 that are")));
  EXPECT_THAT(encoder->CheckMatrix(2, std::vector<std::string>{"y", "x"}),
              StatusIs(kInvalidArgument,
                       HasSubstr("column 0 (from 0) of the matrix is \"y\"; expected \"x\"")));
  EXPECT_THAT(EncoderOf(kPumps)->CheckMatrix(3, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("column \"pump\" is a category, which a matrix cannot hold")));
}

TEST(TableEncoder, DescribesWhatIsExpected) {
  const auto encoder = EncoderOf(kPumps);
  const std::vector<float> expected = {1.5F, 0.7F, 0.2F, 0.5F, 0.3F, 0};
  EXPECT_EQ(encoder->Describe(0, expected).number, 1001.5);
  EXPECT_EQ(encoder->Describe(0, expected).text, "");
  EXPECT_EQ(encoder->Describe(1, expected).text, "true");
  EXPECT_EQ(encoder->Describe(3, expected).text, "B");
  EXPECT_EQ(encoder->Describe(1, std::vector<float>{0, 0.4F, 0, 0, 0, 0}).text, "false");
  EXPECT_EQ(encoder->Describe(3, std::vector<float>{0, 0, 0, 0, 1, 0}).text, "(other)");
}

TEST(TableEncoder, TextsOfCells) {
  const auto encoder = EncoderOf(kPumps);
  const std::string longest(1000, 'x');
  const v1::Table table = TableBuilder()
                              .Strings("pump", {"A", {}, longest})
                              .Floats("flow", {1, 2, 3})
                              .Strings("id", {"7", "8", "9"})
                              .Bools("open", {true, false, {}});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10));
  ASSERT_OK_AND_ASSIGN(const TableEncoder::Binding binding, encoder->Bind(view));
  EXPECT_THAT(encoder->TextOf(binding, 0, 0), IsEmpty());
  EXPECT_EQ(encoder->TextOf(binding, 1, 0), "true");
  EXPECT_EQ(encoder->TextOf(binding, 1, 1), "false");
  EXPECT_THAT(encoder->TextOf(binding, 1, 2), IsEmpty());
  EXPECT_THAT(encoder->TextOf(binding, 2, 0), IsEmpty());
  EXPECT_EQ(encoder->TextOf(binding, 3, 0), "A");
  EXPECT_THAT(encoder->TextOf(binding, 3, 1), IsEmpty());
  EXPECT_EQ(encoder->TextOf(binding, 3, 2), longest.substr(0, 256));
}

}  // namespace
}  // namespace advae
