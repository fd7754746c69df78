#include "model/table/survey/category_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/data/number_parser.h"
#include "model/table/table_view.h"
#include "tests/model/table/survey/surveys.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::Cells;
using ::advae::testing::IsOk;
using ::advae::testing::SchemaOf;
using ::advae::testing::Setting;
using ::advae::testing::TableBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// The schema of a column of these texts, beside one that is always a feature.
v1::ColumnSchema ColumnOf(const std::vector<std::optional<std::string>>& cells,
                          const std::vector<v1::ColumnSetting>& settings = {}) {
  const v1::Table table =
      TableBuilder().Strings("s", cells).Bools("b", Cells<bool>(cells.size(), [](size_t i) {
                                                 return i % 2 == 0;
                                               }));
  const absl::StatusOr<v1::TableSchema> schema = SchemaOf(table, settings);
  EXPECT_THAT(schema, IsOk());
  return schema.ok() ? schema->columns(0) : v1::ColumnSchema();
}

// `rows` texts, of which there are `distinct`, in turn.
std::vector<std::optional<std::string>> InTurn(size_t rows, size_t distinct) {
  return Cells<std::string>(rows, [&](size_t i) { return absl::StrCat("t", i % distinct); });
}

std::vector<std::pair<std::string, uint64_t>> Listed(const v1::ColumnSchema& column) {
  std::vector<std::pair<std::string, uint64_t>> listed;
  for (const v1::CategoryCount& category : column.category().categories()) {
    listed.emplace_back(category.category(), category.count());
  }
  return listed;
}

TEST(CategorySurvey, ListsTheMostFrequentFirst) {
  const v1::ColumnSchema column = ColumnOf({"tcp", "udp", {}, "icmp", "udp"});
  EXPECT_EQ(column.kind(), v1::COLUMN_KIND_CATEGORY);
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(column.missing_share(), 0.2);
  EXPECT_EQ(column.category().encoding(), v1::CATEGORY_ENCODING_ONE_HOT);
  EXPECT_THAT(Listed(column), ElementsAre(Pair("udp", 2), Pair("icmp", 1), Pair("tcp", 1)));
  EXPECT_EQ(column.category().other_count(), 0);
}

TEST(CategorySurvey, RareCategoriesAreOthers) {
  std::vector<std::optional<std::string>> cells(18, "tcp");
  cells.insert(cells.end(), {"rare", "udp", "udp", "rarer"});
  const v1::ColumnSchema column = ColumnOf(cells);
  EXPECT_EQ(column.category().encoding(), v1::CATEGORY_ENCODING_ONE_HOT);
  EXPECT_THAT(Listed(column), ElementsAre(Pair("tcp", 18), Pair("udp", 2)));
  EXPECT_EQ(column.category().other_count(), 2);
}

TEST(CategorySurvey, ManyCategoriesGetOneFeature) {
  EXPECT_EQ(ColumnOf(InTurn(640, CategorySurvey::kMaxOneHot)).category().encoding(),
            v1::CATEGORY_ENCODING_ONE_HOT);
  std::vector<std::optional<std::string>> cells = InTurn(660, CategorySurvey::kMaxOneHot + 1);
  cells.push_back("rare");
  const v1::ColumnSchema column = ColumnOf(cells);
  EXPECT_EQ(column.category().encoding(), v1::CATEGORY_ENCODING_FREQUENCY);
  EXPECT_EQ(column.category().categories_size(), 34);
  EXPECT_THAT(Listed(column).back(), Pair("rare", 1));
  EXPECT_EQ(column.category().other_count(), 0);
}

TEST(CategorySurvey, AsManyAreListedAsMayBe) {
  std::vector<std::optional<std::string>> cells =
      InTurn(2 * CategorySurvey::kMaxListed, CategorySurvey::kMaxListed + 10);
  // The first of them occur twice, the last ten once.
  const v1::ColumnSchema column = ColumnOf(cells);
  EXPECT_EQ(column.category().categories_size(), CategorySurvey::kMaxListed);
  EXPECT_EQ(column.category().other_count(), 10);
}

TEST(CategorySurvey, ConstantIsIgnored) {
  EXPECT_EQ(ColumnOf({"x", "x"}).note(), "always \"x\", which tells nothing");
  EXPECT_EQ(ColumnOf({"x", {}}).role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_EQ(ColumnOf({"", ""}).note(), "always \"\", which tells nothing");
}

TEST(CategorySurvey, IdentifiersAreIgnored) {
  // 30 rows: 27 distinct texts are nine of ten.
  std::vector<std::optional<std::string>> cells = InTurn(27, 27);
  cells.insert(cells.end(), {"t0", "t1", "t2", {}});
  const v1::ColumnSchema column = ColumnOf(cells);
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_EQ(column.note(),
            "an identifier: nearly all values differ; name it as a key to see it in the results");
  EXPECT_EQ(column.category().encoding(), v1::CATEGORY_ENCODING_UNSPECIFIED);
  EXPECT_THAT(Listed(column), ElementsAre(Pair("t0", 2), Pair("t1", 2), Pair("t2", 2)));
  EXPECT_EQ(column.category().other_count(), 24);
  cells.back() = "t3";
  EXPECT_EQ(ColumnOf(cells).role(), v1::COLUMN_ROLE_FEATURE);  // 27 of 31
  // No value occurs twice.
  EXPECT_EQ(ColumnOf(InTurn(20, 20)).role(), v1::COLUMN_ROLE_IGNORED);
}

// Of which each is that of some rows, and which end.
TEST(CategorySurvey, IdsOfSessionsAreIgnored) {
  const auto sessions = [](size_t count, size_t open) {
    return Cells<std::string>(5 * count, [open](size_t i) {
      return absl::StrCat("s", (i / open / 5) * open + i % open);
    });
  };
  for (const size_t open : {size_t{1}, size_t{3}}) {  // at once
    const v1::ColumnSchema column = ColumnOf(sessions(60, open));
    EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
    EXPECT_THAT(column.note(), HasSubstr("an identifier: most of the last rows"));
  }
  // Few may be the sites by which the rows are sorted.
  EXPECT_EQ(ColumnOf(sessions(32, 1)).role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_THAT(ColumnOf(sessions(32, 1)).note(), HasSubstr("most of the last rows have values"));
  EXPECT_EQ(ColumnOf(InTurn(300, 20)).note(), "");
  // Those that come back are none.
  EXPECT_EQ(ColumnOf(InTurn(300, 100)).role(), v1::COLUMN_ROLE_FEATURE);
}

TEST(CategorySurvey, NumbersBesideOtherTextsAreWarnedOf) {
  const std::vector<std::optional<std::string>> half = {"1", "2.5", "off", "n/d", "-3", "off", {}};
  const v1::ColumnSchema column = ColumnOf(half);
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_THAT(column.note(), HasSubstr("most values are numbers, but \"off\" and perhaps others"));
  EXPECT_EQ(ColumnOf(half, {Setting("s", v1::COLUMN_KIND_CATEGORY)}).note(), "");
  EXPECT_EQ(ColumnOf({"1", "2.5", "off", "n/d", "on"}).note(), "");
  EXPECT_EQ(ColumnOf({"1", "2", "2"}).note(), "");
}

TEST(CategorySurvey, NumbersWithAUnitAreWarnedOf) {
  const std::string warning =
      "values such as \"1.5 C\" are numbers with a unit; to learn them as numbers, have the "
      "numbers "
      "alone in the column, all of one unit";
  EXPECT_EQ(ColumnOf({"1.5 C", "1.5 C", "2 C", {}}).note(), warning);
  // Also where they look like identifiers.
  std::vector<std::optional<std::string>> many = {"1.5 C", "1.5 C"};
  for (int i = 0; i < 60; ++i) many.emplace_back(std::to_string(i) + " C");
  EXPECT_EQ(ColumnOf(many).note(), warning);
  EXPECT_EQ(ColumnOf(many).role(), v1::COLUMN_ROLE_IGNORED);
  // Codes are others.
  EXPECT_EQ(ColumnOf({"1A", "1B", "2C", "2D", "1A"}).note(), "");
  EXPECT_EQ(ColumnOf({"12 ms", "fast", "slow", "slow"}).note(), "");
}

// They are whose rows these are, whatever they are called.
TEST(CategorySurvey, MarksAreValuesOfAKey) {
  const MissingMarks marks(std::vector<std::string>{"n.d."});
  const v1::Table table = TableBuilder().Strings("s", {"n.d.", "a", {}, "b"});
  v1::ColumnSetting setting;
  setting.set_name("s");
  for (const auto& [role, share] :
       {std::pair(v1::COLUMN_ROLE_KEY, 0.25), std::pair(v1::COLUMN_ROLE_LABEL, 0.5)}) {
    setting.set_role(role);
    ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, 10, &marks));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ColumnSurvey> survey,
                         ColumnSurvey::Create(view.columns()[0], setting));
    survey->Add(view.columns()[0], view.rows());
    ASSERT_OK_AND_ASSIGN(const v1::ColumnSchema column, survey->Finish(/*strict=*/false));
    EXPECT_EQ(column.missing_share(), share);
  }
}

TEST(CategorySurvey, FewOrRepeatedValuesAreNoIdentifiers) {
  EXPECT_EQ(ColumnOf(InTurn(19, 19)).role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(ColumnOf(InTurn(22, 20)).role(), v1::COLUMN_ROLE_FEATURE);
}

TEST(CategorySurvey, IdentifiersOfMoreRowsThanTextsAreCounted) {
  const v1::ColumnSchema column =
      ColumnOf(InTurn(TextCounts::kMaxTexts + 10, TextCounts::kMaxTexts + 10));
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_THAT(column.note(), HasSubstr("an identifier"));
  EXPECT_THAT(Listed(column), IsEmpty());
  EXPECT_EQ(column.category().other_count(), TextCounts::kMaxTexts + 10);
}

TEST(CategorySurvey, IdentifierThatIsAskedForIsAFeature) {
  const v1::ColumnSchema column =
      ColumnOf(InTurn(20, 20), {Setting("s", v1::COLUMN_KIND_CATEGORY)});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(column.category().encoding(), v1::CATEGORY_ENCODING_ONE_HOT);
  EXPECT_EQ(column.category().categories_size(), 20);
}

TEST(CategorySurvey, FreeTextIsIgnored) {
  const auto texts = [](size_t bytes) {
    return Cells<std::string>(20, [&](size_t i) { return std::string(bytes, i % 2 ? 'a' : 'b'); });
  };
  EXPECT_EQ(ColumnOf(texts(256)).role(), v1::COLUMN_ROLE_FEATURE);
  const v1::ColumnSchema column = ColumnOf(texts(257));
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_EQ(column.note(), "free text, of 257 bytes on average");
}

TEST(CategorySurvey, NumbersAskedForAsCategories) {
  const v1::Table table =
      TableBuilder().Doubles("port", {443, 80, 443, 0.1}).Bools("b", {true, false, true, {}});
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(table, {Setting("*", v1::COLUMN_KIND_CATEGORY)}));
  EXPECT_THAT(Listed(schema.columns(0)),
              ElementsAre(Pair("443", 2), Pair("0.1", 1), Pair("80", 1)));
  EXPECT_THAT(Listed(schema.columns(1)), ElementsAre(Pair("true", 2), Pair("false", 1)));
}

}  // namespace
}  // namespace advae
