#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/model/table/survey/surveys.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::Cells;
using ::advae::testing::IsOk;
using ::advae::testing::SchemaOf;
using ::advae::testing::Setting;
using ::advae::testing::StatusIs;
using ::advae::testing::TableBuilder;
using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The schema of a column of these doubles, beside one that is always a feature.
v1::ColumnSchema ColumnOf(const std::vector<std::optional<double>>& cells,
                          const std::vector<v1::ColumnSetting>& settings = {}) {
  const v1::Table table =
      TableBuilder().Doubles("x", cells).Doubles("y", Cells<double>(cells.size(), [](size_t i) {
                                                   return i % 2;
                                                 }));
  const absl::StatusOr<v1::TableSchema> schema = SchemaOf(table, settings);
  EXPECT_THAT(schema, IsOk());
  return schema.ok() ? schema->columns(0) : v1::ColumnSchema();
}

TEST(NumberSurvey, LearnsQuantilesAndMissingShare) {
  const v1::ColumnSchema column = ColumnOf({3, {}, 1, 2, 5, 4});
  EXPECT_EQ(column.kind(), v1::COLUMN_KIND_NUMBER);
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(column.note(), "");
  EXPECT_DOUBLE_EQ(column.missing_share(), 1.0 / 6);
  EXPECT_EQ(column.number().minimum(), 1);
  EXPECT_EQ(column.number().low(), 1.2);
  EXPECT_EQ(column.number().median(), 3);
  EXPECT_EQ(column.number().high(), 4.8);
  EXPECT_EQ(column.number().maximum(), 5);
  EXPECT_EQ(column.number().offset(), 0);
}

TEST(NumberSurvey, BoolsAskedForAsNumbers) {
  const v1::Table table = TableBuilder().Bools("b", {true, false, true});
  ASSERT_OK_AND_ASSIGN(const v1::TableSchema schema,
                       SchemaOf(table, {Setting("b", v1::COLUMN_KIND_NUMBER)}));
  EXPECT_EQ(schema.columns(0).kind(), v1::COLUMN_KIND_NUMBER);
  EXPECT_EQ(schema.columns(0).number().maximum(), 1);
}

TEST(NumberSurvey, ConstantIsIgnored) {
  const v1::ColumnSchema column = ColumnOf({5, 5, 5});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_EQ(column.note(), "always 5, which tells nothing");
  EXPECT_EQ(column.number().median(), 5);
  EXPECT_EQ(ColumnOf({0.1, {}, 0.1}).note(),
            "always 0.1, or missing; set its kind to learn when it is missing");
}

TEST(NumberSurvey, ConstantThatIsAskedForIsAFeature) {
  const v1::ColumnSchema column = ColumnOf({5, 5, 5}, {Setting("x", v1::COLUMN_KIND_NUMBER)});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_EQ(column.note(), "");
}

TEST(NumberSurvey, WithoutAValue) {
  for (const auto& settings :
       {std::vector<v1::ColumnSetting>(), {Setting("x", v1::COLUMN_KIND_NUMBER)}}) {
    const v1::ColumnSchema column = ColumnOf({{}, {}, {}}, settings);
    EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
    EXPECT_EQ(column.note(), "no row has a value");
    EXPECT_EQ(column.missing_share(), 1);
    EXPECT_EQ(column.summary_case(), v1::ColumnSchema::SUMMARY_NOT_SET);
  }
}

TEST(NumberSurvey, CountersAreIgnored) {
  const v1::ColumnSchema grows =
      ColumnOf(Cells<double>(20, [](size_t i) { return 1000 + 7.0 * static_cast<double>(i); }));
  EXPECT_EQ(grows.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_THAT(grows.note(), HasSubstr("only grows from row to row, from 1000 to 1133"));
  const v1::ColumnSchema falls =
      ColumnOf(Cells<double>(20, [](size_t i) { return -static_cast<double>(i) / 2; }));
  EXPECT_EQ(falls.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_THAT(falls.note(), HasSubstr("only falls from row to row, from 0 to -9.5"));
}

TEST(NumberSurvey, CountersWithGapsAreIgnored) {
  const v1::ColumnSchema column = ColumnOf(Cells<double>(40, [](size_t i) {
    return i % 2 == 0 ? std::optional<double>(static_cast<double>(i)) : std::nullopt;
  }));
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
}

// Such as those of several machines, each with a row at each time.
TEST(NumberSurvey, ClocksOfGroupsOfRowsAreIgnored) {
  const v1::ColumnSchema column =
      ColumnOf(Cells<double>(300, [](size_t i) { return static_cast<double>(i / 3 * 60); }));
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
}

// Such as those of several machines, whose rows follow one another.
TEST(NumberSurvey, TimesAsNumbersThatStartAnewAreIgnored) {
  for (const double unit : {1.0, 1000.0}) {
    const v1::ColumnSchema column = ColumnOf(Cells<double>(603, [unit](size_t i) {
      return unit * (1'795'774'504.0 + 60 * static_cast<double>(i % 201));
    }));
    EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
    EXPECT_THAT(column.note(), HasSubstr("times as numbers, which hardly ever go back"));
  }
}

TEST(NumberSurvey, CountersThatStartAnewAreWarnedOf) {
  const auto of_machines = [](size_t rows) {
    return Cells<double>(3 * rows,
                         [rows](size_t i) { return 7.0 * static_cast<double>(i % rows); });
  };
  const v1::ColumnSchema column = ColumnOf(of_machines(201));
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
  EXPECT_THAT(column.note(), HasSubstr("grows in nearly all rows"));
  EXPECT_EQ(ColumnOf(of_machines(50)).note(), "");  // 147 steps up, two down
}

TEST(NumberSurvey, CounterThatIsAskedForIsAFeature) {
  const v1::ColumnSchema column = ColumnOf(Cells<double>(20, [](size_t i) { return i; }),
                                           {Setting("x", v1::COLUMN_ROLE_FEATURE)});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_FEATURE);
}

TEST(NumberSurvey, NoCounters) {
  // 19 values; one step back; 19 steps.
  const std::vector<std::vector<std::optional<double>>> columns = {
      Cells<double>(19, [](size_t i) { return i; }),
      Cells<double>(100, [](size_t i) { return i == 50 ? 48 : i; }),
      Cells<double>(101, [](size_t i) { return i < 82 ? 0 : i; }),
      Cells<double>(100, [](size_t i) { return i * 37 % 100; }),  // all values differ
  };
  for (const auto& cells : columns) {
    EXPECT_EQ(ColumnOf(cells).role(), v1::COLUMN_ROLE_FEATURE) << cells.size();
  }
  EXPECT_EQ(ColumnOf(Cells<double>(101, [](size_t i) { return i < 81 ? 0 : i; })).role(),
            v1::COLUMN_ROLE_IGNORED);
}

TEST(NumberSurvey, OffsetWhereFloatsAreTooCoarse) {
  // Half seconds of a day in 2026, in any order: the 5 % and the 95 % quantile are 900 s apart.
  const v1::ColumnSchema seconds = ColumnOf(Cells<double>(
      2001, [](size_t i) { return 1'795'767'000 + 0.5 * static_cast<double>(i * 7 % 2001); }));
  EXPECT_EQ(seconds.number().offset(), 1'795'768'000);  // the median, 1795767500, to thousands
  const v1::ColumnSchema thousandths = ColumnOf(
      Cells<double>(101, [](size_t i) { return 1e6 + 1e-3 * static_cast<double>(i * 7 % 101); }));
  EXPECT_NEAR(thousandths.number().offset(), 1e6 + 0.05, 0.0501);
  EXPECT_NE(thousandths.number().offset(), 0);
  // Nearly all values are equal, and are no floats.
  const v1::ColumnSchema equal =
      ColumnOf(Cells<double>(101, [](size_t i) { return i == 3 ? 1e9 + 0.5 : 1e9 + 0.25; }));
  EXPECT_EQ(equal.number().offset(), 1e9 + 0.25);
}

TEST(NumberSurvey, NoOffsetWhereFloatsDo) {
  // Wide; floats; whole numbers that floats have.
  EXPECT_EQ(ColumnOf({0.1, 0.2, 0.3}).number().offset(), 0);
  EXPECT_EQ(ColumnOf({1e6, 1e6 + 0.0625, 1e6 + 0.125}).number().offset(), 0);
  EXPECT_EQ(ColumnOf({16'000'000, 16'000'001, 16'000'002}).number().offset(), 0);
  EXPECT_EQ(ColumnOf({-1000.1, 1000.1, 0}).number().offset(), 0);
  EXPECT_EQ(
      ColumnOf(Cells<double>(100, [](size_t i) { return i == 7 ? 0.1 : 0; })).number().offset(), 0);
}

TEST(NumberSurvey, InfiniteFeaturesAreRefused) {
  const v1::Table first = TableBuilder().Doubles("x", {1, 2});
  const v1::Table second = TableBuilder().Doubles("x", {3, kInfinity, -kInfinity});
  EXPECT_THAT(SchemaOf({first, second}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("column \"x\" is infinite in row 3; expected numbers, or")));
}

TEST(NumberSurvey, InfiniteNumbersElsewhereAreNot) {
  const v1::ColumnSchema column =
      ColumnOf({1, kInfinity, 2}, {Setting("x", v1::COLUMN_ROLE_IGNORED)});
  EXPECT_EQ(column.role(), v1::COLUMN_ROLE_IGNORED);
  EXPECT_EQ(column.number().maximum(), 2);
  EXPECT_EQ(ColumnOf({kInfinity, kInfinity}, {Setting("x", v1::COLUMN_ROLE_KEY)}).summary_case(),
            v1::ColumnSchema::SUMMARY_NOT_SET);
}

TEST(NumberSurvey, FeaturesBeyondFloatsAreRefused) {
  EXPECT_THAT(SchemaOf(TableBuilder().Doubles("x", {1, -1e39})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("column \"x\" has the value -1e+39, which is beyond 32-bit")));
  EXPECT_THAT(SchemaOf(TableBuilder().Doubles("x", {1, 3e38})), IsOk());
}

}  // namespace
}  // namespace advae
