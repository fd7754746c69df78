#include "model/table/survey/table_survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/model/table/survey/surveys.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::SchemaOf;
using ::advae::testing::Setting;
using ::advae::testing::StatusIs;
using ::advae::testing::TableBuilder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

v1::Table SmallTable() {
  return TableBuilder()
      .Doubles("flow", {1, 2, 4})
      .Bools("open", {true, false, {}})
      .Strings("pump", {"A", "B", "A"})
      .Times("start", {0, 1, 2});
}

std::vector<v1::ColumnRole> Roles(const v1::TableSchema& schema) {
  std::vector<v1::ColumnRole> roles;
  for (const v1::ColumnSchema& column : schema.columns()) roles.push_back(column.role());
  return roles;
}

TEST(TableSurvey, InfersKindsFromTypes) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema, SchemaOf(SmallTable()));
  ASSERT_EQ(schema.columns_size(), 4);
  EXPECT_FALSE(schema.strict());
  EXPECT_EQ(schema.columns(0).name(), "flow");
  EXPECT_EQ(schema.columns(0).kind(), v1::COLUMN_KIND_NUMBER);
  EXPECT_EQ(schema.columns(1).kind(), v1::COLUMN_KIND_BOOLEAN);
  EXPECT_EQ(schema.columns(1).boolean().true_share(), 0.5);
  EXPECT_EQ(schema.columns(2).kind(), v1::COLUMN_KIND_CATEGORY);
  EXPECT_EQ(schema.columns(3).kind(), v1::COLUMN_KIND_TIME);
}

// A version that lists more could not be described, or loaded, any more.
TEST(TableSurvey, CategoriesOfAllColumnsAreBounded) {
  TableBuilder builder;
  for (const std::string name : {"a", "b"}) {
    TableBuilder::Cells<std::string> cells;
    for (int i = 0; i < 2400 * 2; ++i) {
      cells.push_back(std::to_string(i % 2400) + std::string(name == "a" ? 240 : 230, '.'));
    }
    builder.Strings(name, cells);
  }
  EXPECT_THAT(SchemaOf(builder),
              StatusIs(kInvalidArgument, AllOf(HasSubstr("at most 1048576"), HasSubstr("\"a\""))));
}

TEST(TableSurvey, ConstantBooleansAreIgnored) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema, SchemaOf(TableBuilder()
                                                                  .Bools("always", {true, true})
                                                                  .Bools("never", {false, {}})
                                                                  .Doubles("x", {1, 2})));
  EXPECT_EQ(schema.columns(0).note(), "always true, which tells nothing");
  EXPECT_THAT(schema.columns(1).note(), HasSubstr("always false, or missing"));
}

TEST(TableSurvey, SettingsGiveRoles) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(SmallTable(), {Setting("open", v1::COLUMN_ROLE_LABEL),
                                               Setting("pump", v1::COLUMN_ROLE_KEY),
                                               Setting("start", v1::COLUMN_ROLE_IGNORED)}));
  EXPECT_THAT(Roles(schema), ElementsAre(v1::COLUMN_ROLE_FEATURE, v1::COLUMN_ROLE_LABEL,
                                         v1::COLUMN_ROLE_KEY, v1::COLUMN_ROLE_IGNORED));
  for (const v1::ColumnSchema& column : schema.columns()) EXPECT_EQ(column.note(), "");
}

TEST(TableSurvey, LastSettingThatFitsCounts) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(SmallTable(), {Setting("*", v1::COLUMN_ROLE_IGNORED),
                                               Setting("p?mp", v1::COLUMN_KIND_CATEGORY)}));
  EXPECT_THAT(Roles(schema), ElementsAre(v1::COLUMN_ROLE_IGNORED, v1::COLUMN_ROLE_IGNORED,
                                         v1::COLUMN_ROLE_FEATURE, v1::COLUMN_ROLE_IGNORED));
}

TEST(TableSurvey, AColumnsOwnNameComesBeforeAPattern) {
  const v1::Table table = TableBuilder()
                              .Strings("a*", {"x", "y", "z"})
                              .Doubles("ab", {1, 2, 4})
                              .Doubles("b?", {1, 2, 4});
  ASSERT_OK_AND_ASSIGN(
      const v1::TableSchema schema,
      SchemaOf(table, {Setting("a*", v1::COLUMN_KIND_UNSPECIFIED, v1::COLUMN_ROLE_KEY),
                       Setting("b?", v1::COLUMN_KIND_CATEGORY)}));
  EXPECT_THAT(Roles(schema),
              ElementsAre(v1::COLUMN_ROLE_KEY, v1::COLUMN_ROLE_FEATURE, v1::COLUMN_ROLE_FEATURE));
  EXPECT_EQ(schema.columns(1).kind(), v1::COLUMN_KIND_NUMBER);
  EXPECT_EQ(schema.columns(2).kind(), v1::COLUMN_KIND_CATEGORY);
}

TEST(TableSurvey, SettingWithoutKindAndRoleInfers) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(SmallTable(), {Setting("*", v1::COLUMN_ROLE_KEY),
                                               Setting("flow", v1::COLUMN_ROLE_UNSPECIFIED)}));
  EXPECT_EQ(schema.columns(0).role(), v1::COLUMN_ROLE_FEATURE);
}

TEST(TableSurvey, SettingThatFitsNoColumn) {
  EXPECT_THAT(
      SchemaOf(SmallTable(), {Setting("flwo", v1::COLUMN_KIND_NUMBER)}),
      StatusIs(kInvalidArgument, AllOf(HasSubstr("the setting for column \"flwo\" fits none"),
                                       HasSubstr("\"flow\", \"open\", \"pump\", \"start\""))));
}

TEST(TableSurvey, KindsThatValuesCannotHave) {
  EXPECT_THAT(
      SchemaOf(SmallTable(), {Setting("pump", v1::COLUMN_KIND_NUMBER)}),
      StatusIs(kInvalidArgument,
               HasSubstr("column \"pump\" has strings, which cannot be of the kind number")));
  EXPECT_THAT(
      SchemaOf(SmallTable(), {Setting("flow", v1::COLUMN_KIND_BOOLEAN)}),
      StatusIs(kInvalidArgument, HasSubstr("has doubles, which cannot be of the kind boo")));
  EXPECT_THAT(
      SchemaOf(SmallTable(), {Setting("flow", v1::COLUMN_KIND_TIME)}),
      StatusIs(kInvalidArgument, HasSubstr("has doubles, which cannot be of the kind time")));
  EXPECT_THAT(
      SchemaOf(SmallTable(), {Setting("start", v1::COLUMN_KIND_CATEGORY)}),
      StatusIs(kInvalidArgument, HasSubstr("has times, which cannot be of the kind categ")));
  EXPECT_THAT(
      SchemaOf(SmallTable(), {Setting("flow", static_cast<v1::ColumnKind>(77))}),
      StatusIs(kInvalidArgument, HasSubstr("has doubles, which cannot be of the kind unknown")));
}

TEST(TableSurvey, KindsOfColumnsThatAreNoFeaturesDoNotMatter) {
  ASSERT_OK_AND_ASSIGN(
      const v1::TableSchema schema,
      SchemaOf(SmallTable(), {Setting("pump", v1::COLUMN_KIND_NUMBER, v1::COLUMN_ROLE_KEY)}));
  EXPECT_EQ(schema.columns(2).role(), v1::COLUMN_ROLE_KEY);
  EXPECT_EQ(schema.columns(2).kind(), v1::COLUMN_KIND_CATEGORY);
}

TEST(TableSurvey, UnknownRole) {
  EXPECT_THAT(SchemaOf(SmallTable(), {Setting("pump", static_cast<v1::ColumnRole>(77))}),
              StatusIs(kInvalidArgument, HasSubstr("\"pump\" has an unknown role, 77")));
}

TEST(TableSurvey, ChunksOfOtherColumns) {
  const v1::Table first = TableBuilder().Doubles("a", {1, 2}).Doubles("b", {1, 2});
  const v1::Table same = TableBuilder().Doubles("a", {3}).Doubles("b", {{}});
  EXPECT_THAT(SchemaOf({first, same}), IsOk());
  EXPECT_THAT(SchemaOf({first, TableBuilder().Doubles("b", {1}).Doubles("a", {1})}),
              StatusIs(kInvalidArgument,
                       HasSubstr("column 0 (from 0) is \"b\" of doubles; in the first chunk it "
                                 "was \"a\" of doubles")));
  EXPECT_THAT(SchemaOf({first, TableBuilder().Doubles("a", {1}).Floats("b", {1})}),
              StatusIs(kInvalidArgument, HasSubstr("column 1 (from 0) is \"b\" of floats; in")));
  EXPECT_THAT(SchemaOf({first, TableBuilder().Doubles("a", {1})}),
              StatusIs(kInvalidArgument, HasSubstr("has 1 columns; the first one had 2")));
}

TEST(TableSurvey, NamesAreBounded) {
  EXPECT_THAT(SchemaOf(TableBuilder().Doubles(std::string(257, 'n'), {1, 2})),
              StatusIs(kInvalidArgument, HasSubstr("has 257 bytes; expected at most 256")));
}

TEST(TableSurvey, WithoutRows) {
  EXPECT_THAT(SchemaOf(std::vector<v1::Table>{}),
              StatusIs(kInvalidArgument, HasSubstr("there are no rows")));
}

TEST(TableSurvey, WithoutFeatures) {
  const v1::Table table = TableBuilder()
                              .Doubles("c", {5, 5})
                              .Strings("k", {"x", "y"})
                              .Bools("l", {true, false})
                              .Bools("i", {true, false});
  EXPECT_THAT(
      SchemaOf(table, {Setting("k", v1::COLUMN_ROLE_KEY), Setting("l", v1::COLUMN_ROLE_LABEL),
                       Setting("i", v1::COLUMN_ROLE_IGNORED)}),
      StatusIs(kInvalidArgument,
               HasSubstr("no column is left as a feature: \"c\" (always 5, which tells nothing), "
                         "\"k\" (a key), \"l\" (the label), \"i\" (ignored)")));
}

TEST(TableSurvey, WithoutFeaturesInManyColumns) {
  TableBuilder builder;
  for (int j = 0; j < 30; ++j) builder.Doubles(absl::StrCat("c", j), {5});
  EXPECT_THAT(SchemaOf(builder),
              StatusIs(kInvalidArgument, AllOf(HasSubstr("\"c19\""), HasSubstr(", and so on"),
                                               ::testing::Not(HasSubstr("\"c20\"")))));
}

TEST(TableSurvey, StrictWantsCompleteRows) {
  const v1::Table complete = TableBuilder().Doubles("x", {1, 2}).Strings("k", {{}, "a"});
  const v1::Table gap = TableBuilder().Doubles("x", {3, {}}).Strings("k", {"b", "c"});
  const std::vector<v1::ColumnSetting> settings = {Setting("k", v1::COLUMN_ROLE_KEY)};
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf({complete, complete}, settings, /*strict=*/true));
  EXPECT_TRUE(schema.strict());
  EXPECT_THAT(
      SchemaOf({complete, gap}, settings, /*strict=*/true),
      StatusIs(kInvalidArgument, HasSubstr("column \"x\" has no value in row 3; a strict")));
}

TEST(TableSurvey, FeaturesThatAreMostlyMissingAreNoted) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(TableBuilder()
                                    .Doubles("most", {1, 2, {}, {}, {}, {}})
                                    .Doubles("half", {1, 2, 3, {}, {}, {}})));
  EXPECT_EQ(schema.columns(0).role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(schema.columns(0).note(), "no value in 66 % of the rows");
  EXPECT_EQ(schema.columns(1).note(), "");
}

TEST(SchemaWarnings, OneForEachNote) {
  v1::TableSchema schema;
  for (const char* name : {"a", "b", "c"}) schema.add_columns()->set_name(name);
  schema.mutable_columns(0)->set_note("always 5, which tells nothing");
  schema.mutable_columns(0)->set_role(v1::COLUMN_ROLE_IGNORED);
  schema.mutable_columns(2)->set_note("a remark");
  schema.mutable_columns(2)->set_role(v1::COLUMN_ROLE_FEATURE);
  EXPECT_THAT(SchemaWarnings(schema),
              ElementsAre("column \"a\" is not used: always 5, which tells nothing",
                          "column \"c\": a remark"));
}

TEST(TableSurvey, KeepsNothingOfTheValuesOfAKey) {
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(SmallTable(), {Setting("pump", v1::COLUMN_ROLE_KEY)}));
  EXPECT_EQ(schema.columns(2).role(), v1::COLUMN_ROLE_KEY);
  EXPECT_EQ(schema.columns(2).summary_case(), v1::ColumnSchema::SUMMARY_NOT_SET);
}

}  // namespace
}  // namespace advae
