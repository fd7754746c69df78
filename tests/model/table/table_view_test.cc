#include "model/table/table_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/base/error_subject.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::BufferOf;
using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::advae::testing::TableBuilder;
using ::testing::HasSubstr;

constexpr size_t kMaxColumns = 10;
constexpr auto kInvalidArgument = absl::StatusCode::kInvalidArgument;

TEST(TableView, ReadsEachType) {
  const v1::Table table = TableBuilder()
                              .Floats("f", {1.5F, {}})
                              .Doubles("d", {{}, 1e300})
                              .Bools("b", {true, false})
                              .Strings("s", {"x", "y"})
                              .Times("t", {-1, {}});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, kMaxColumns));
  EXPECT_EQ(view.rows(), 2);
  const std::vector<ColumnView>& columns = view.columns();
  ASSERT_EQ(columns.size(), 5);
  EXPECT_EQ(columns[0].name(), "f");
  EXPECT_EQ(columns[0].type(), ValueType::kFloats);
  EXPECT_EQ(columns[0].number(0), 1.5);
  EXPECT_FALSE(columns[0].has_value(1));
  EXPECT_FALSE(columns[1].has_value(0));
  EXPECT_EQ(columns[1].number(1), 1e300);
  EXPECT_TRUE(columns[2].boolean(0));
  EXPECT_EQ(columns[2].number(0), 1);
  EXPECT_FALSE(columns[2].boolean(1));
  EXPECT_EQ(columns[2].number(1), 0);
  EXPECT_EQ(columns[3].dictionary_size(), 2);
  EXPECT_EQ(columns[3].text(columns[3].code(1)), "y");
  EXPECT_EQ(columns[4].time(0), -1);
  EXPECT_FALSE(columns[4].has_value(1));
}

TEST(TableView, NameOfTypes) {
  EXPECT_EQ(NameOf(ValueType::kFloats), "floats");
  EXPECT_EQ(NameOf(ValueType::kDoubles), "doubles");
  EXPECT_EQ(NameOf(ValueType::kBools), "bools");
  EXPECT_EQ(NameOf(ValueType::kStrings), "strings");
  EXPECT_EQ(NameOf(ValueType::kTimes), "times");
}

TEST(TableView, NanIsMissingAndInfinityIsNot) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const v1::Table table =
      TableBuilder().Floats("f", {nan, 1.0F}).Doubles("d", {infinity, std::nan("")});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, kMaxColumns));
  EXPECT_FALSE(view.columns()[0].has_value(0));
  EXPECT_TRUE(view.columns()[0].has_value(1));
  EXPECT_TRUE(view.columns()[1].has_value(0));
  EXPECT_FALSE(view.columns()[1].has_value(1));
}

TEST(TableView, MarksAreMissing) {
  const MissingMarks marks(std::vector<std::string>{"unknown", "-0.1", "7"});
  const v1::Table table = TableBuilder()
                              .Floats("f", {-0.1F, 0.1F, {}})
                              .Doubles("d", {7, -0.1, 7.5})
                              .Strings("s", {"Unknown", "7", "known"})
                              .Bools("b", {true, false, true})
                              .Times("t", {7, 8, 9});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, kMaxColumns, &marks));
  const std::vector<std::vector<bool>> expected = {{false, true, false},
                                                   {false, false, true},
                                                   {false, false, true},
                                                   {true, true, true},
                                                   {true, true, true}};
  for (size_t j = 0; j < expected.size(); ++j) {
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(view.columns()[j].has_value(i), expected[j][i]) << j << ", " << i;
      const bool is_empty = j == 0 && i == 2;
      EXPECT_EQ(view.columns()[j].WithoutMarks().has_value(i), !is_empty) << j << ", " << i;
    }
  }
}

// What stands in the place of a missing value is no text to look up among the marks.
TEST(TableView, CodesAreCheckedBeforeMarks) {
  const MissingMarks marks(std::vector<std::string>{"unknown"});
  v1::Table table = TableBuilder().Strings("s", {"a", {}});
  const int32_t codes[] = {0, 99};
  table.mutable_columns(0)->mutable_strings()->set_codes(codes, sizeof(codes));
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, kMaxColumns, &marks));
  EXPECT_TRUE(view.columns()[0].has_value(0));
  EXPECT_FALSE(view.columns()[0].has_value(1));
  table.mutable_columns(0)->clear_validity();
  EXPECT_THAT(TableView::Create(table, kMaxColumns, &marks),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("the code 99")));
}

TEST(TableView, BitsOfManyRows) {
  std::vector<std::optional<bool>> cells;
  for (size_t i = 0; i < 19; ++i) {
    cells.push_back(i % 5 == 0 ? std::optional<bool>() : i % 3 == 0);
  }
  const v1::Table table = TableBuilder().Bools("b", cells);
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, kMaxColumns));
  const ColumnView& column = view.columns()[0];
  for (size_t i = 0; i < cells.size(); ++i) {
    ASSERT_EQ(column.has_value(i), i % 5 != 0) << i;
    if (!column.has_value(i)) continue;
    EXPECT_EQ(column.boolean(i), i % 3 == 0) << i;
  }
}

TEST(TableView, ShapesThatAreRefused) {
  v1::Table table;
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("0 rows and 0 columns")));
  table = TableBuilder().Bools("b", {true});
  table.set_rows(0);
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("0 rows and 1 columns")));
  table = TableBuilder().Bools("a", {true}).Bools("b", {true});
  EXPECT_THAT(TableView::Create(table, 2), IsOk());
  EXPECT_THAT(TableView::Create(table, 1),
              StatusIs(kInvalidArgument, HasSubstr("2 columns; expected at most 1")));
}

TEST(TableView, NamesThatAreRefused) {
  EXPECT_THAT(TableView::Create(TableBuilder().Bools("a", {true}).Bools("", {true}), kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("column 1 (from 0) of the table has no name")));
  EXPECT_THAT(
      TableView::Create(TableBuilder().Bools("a", {true}).Bools("a", {true}), kMaxColumns),
      StatusIs(kInvalidArgument, HasSubstr("two columns of the table have the name \"a\"")));
}

TEST(TableView, NamesToKeepAreBounded) {
  const std::string longest(TableView::kMaxNameBytes, 'n');
  v1::Table table = TableBuilder().Bools("a", {true}).Bools(longest, {true});
  ASSERT_OK_AND_ASSIGN(const TableView view, TableView::Create(table, kMaxColumns));
  EXPECT_THAT(view.CheckNamesToKeep(), IsOk());
  table.mutable_columns(1)->set_name(longest + "n");
  ASSERT_OK_AND_ASSIGN(const TableView longer, TableView::Create(table, kMaxColumns));
  const absl::Status status = longer.CheckNamesToKeep();
  EXPECT_THAT(status, StatusIs(kInvalidArgument, HasSubstr("has 257 bytes; expected at most 256")));
  EXPECT_EQ(FieldOf(status), "columns[1]");
}

TEST(TableView, ColumnWithoutValues) {
  v1::Table table = TableBuilder().Bools("a", {true});
  table.add_columns()->set_name("b");
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("column \"b\" has no values")));
}

struct WrongBuffer {
  const char* name;
  void (*change)(v1::TableColumn&);
  const char* message;
};

void PrintTo(const WrongBuffer& wrong, std::ostream* out) { *out << wrong.name; }

class TableViewBuffers : public ::testing::TestWithParam<WrongBuffer> {};

TEST_P(TableViewBuffers, OfAnotherSize) {
  v1::Table table = TableBuilder().Bools("c", {true, true, true});
  GetParam().change(*table.mutable_columns(0));
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Types, TableViewBuffers,
    ::testing::Values(
        WrongBuffer{"floats", [](auto& column) { column.set_floats(std::string(16, 'x')); },
                    "the floats of column \"c\" have 16 bytes; expected 12 for 3 rows"},
        WrongBuffer{"doubles", [](auto& column) { column.set_doubles(std::string(23, 'x')); },
                    "the doubles of column \"c\" have 23 bytes; expected 24 for 3 rows"},
        WrongBuffer{"bools", [](auto& column) { column.set_bools(std::string(2, 'x')); },
                    "the bools of column \"c\" have 2 bytes; expected 1 for 3 rows"},
        WrongBuffer{"codes", [](auto& column) { column.mutable_strings()->set_codes(""); },
                    "the codes of column \"c\" have 0 bytes; expected 12 for 3 rows"},
        WrongBuffer{"times", [](auto& column) { column.set_times("x"); },
                    "the times of column \"c\" have 1 bytes; expected 24 for 3 rows"},
        WrongBuffer{"validity", [](auto& column) { column.set_validity("xx"); },
                    "the bits of validity of column \"c\" have 2 bytes; expected 1 for 3 rows"}),
    [](const auto& info) { return std::string(info.param.name); });

// More rows than memory has values for.
TEST(TableView, ManyRowsInEmptyBuffers) {
  v1::Table table;
  table.set_rows(std::numeric_limits<uint32_t>::max());
  table.add_columns()->set_name("a");
  table.mutable_columns(0)->set_doubles("");
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("expected 34359738360 for 4294967295 rows")));
  table.mutable_columns(0)->set_bools("");
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("expected 536870912 for 4294967295 rows")));
}

TEST(TableView, CodesOutsideOfTheDictionary) {
  v1::Table table = TableBuilder().Strings("s", {"x", "y", "x"});
  v1::StringValues& strings = *table.mutable_columns(0)->mutable_strings();
  strings.set_codes(BufferOf(std::vector<int32_t>{0, 1, 2}));
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument,
                       HasSubstr("\"s\", row 2: the code 2 is not in the dictionary of 2 texts")));
  strings.set_codes(BufferOf(std::vector<int32_t>{0, -1, 1}));
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("row 1: the code -1 is not in")));
  strings.clear_dictionary();
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("row 0: the code 0 is not in")));
}

TEST(TableView, WhatStandsForMissingTextsNeedNotBeACode) {
  v1::Table table = TableBuilder().Strings("s", {"x", {}, {}});
  table.mutable_columns(0)->mutable_strings()->set_codes(
      BufferOf(std::vector<int32_t>{0, -1, 1000}));
  EXPECT_THAT(TableView::Create(table, kMaxColumns), IsOk());
}

TEST(TableView, LongNamesAreCutInMessages) {
  v1::Table table;
  table.set_rows(1);
  table.add_columns()->set_name(std::string(1000, 'n'));
  EXPECT_THAT(TableView::Create(table, kMaxColumns),
              StatusIs(kInvalidArgument, HasSubstr("\"" + std::string(40, 'n') + "...\"")));
}

}  // namespace
}  // namespace advae
