#include "model/data/data_set.h"

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/base/status_macros.h"
#include "tests/testing/block_buffer.h"
#include "tests/testing/gzip.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"
#include "tests/testing/utf16.h"

namespace advae {
namespace {

using ::advae::testing::BlockBuffer;
using ::advae::testing::Gzip;
using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::advae::testing::Utf16;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kAllRows = std::numeric_limits<size_t>::max();

absl::StatusOr<DataSet> Read(const std::string& text, DataSetOptions options = {}) {
  std::istringstream input(text);
  absl::StatusOr<DataSetReader> reader = DataSetReader::Create(input, std::move(options));
  if (!reader.ok()) return reader.status();
  ADVAE_ASSIGN_OR_RETURN(DataSet data, reader->ReadChunk(kAllRows));
  // Rows before an error come first.
  ADVAE_ASSIGN_OR_RETURN(const DataSet end, reader->ReadChunk(kAllRows));
  EXPECT_EQ(end.rows.rows(), 0u);
  return data;
}

TEST(DataSet, ReadsNamesAndRowMajorValues) {
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("a,b\n1,2\n3,4\n5,6\n"));
  EXPECT_THAT(data.feature_names, ElementsAre("a", "b"));
  EXPECT_EQ(data.rows.columns, 2u);
  EXPECT_EQ(data.rows.rows(), 3u);
  EXPECT_THAT(data.rows.values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(data.labels, IsEmpty());
}

// The first records may arrive alone, as those of a live table do.
TEST(DataSet, IsNotTakenForAnotherKindOfFileByWhatFollowsItsFirstRecords) {
  const std::string text = "Objflow,pr\n1.5,2\n3,4\x01\n";
  for (const size_t block : {size_t{1}, size_t{7}, text.size()}) {
    BlockBuffer buffer(text, block);
    std::istream input(&buffer);
    absl::StatusOr<DataSetReader> reader = DataSetReader::Create(input, {});
    ASSERT_OK_AND_ASSIGN(const DataSet data, reader->ReadChunk(1));
    EXPECT_THAT(data.feature_names, ElementsAre("Objflow", "pr"));
    EXPECT_THAT(reader->ReadChunk(1),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("pr")));
  }
}

TEST(DataSet, UnderstandsWaysToWriteNumbers) {
  ASSERT_OK_AND_ASSIGN(const DataSet data,
                       Read("a,b,c,d\n0.1,-2.5e-3,+7,\" 1E2\t\"\n1e-60,-0,.5,3.4028235e38\n"));
  EXPECT_THAT(data.rows.values,
              ElementsAre(0.1f, -2.5e-3f, 7, 100, 0, 0, .5f, std::numeric_limits<float>::max()));
}

TEST(DataSet, LeavesTheLabelOutOfTheFeatures) {
  ASSERT_OK_AND_ASSIGN(
      const DataSet data,
      Read("a,label,b\n1,0,2\n3,1,4\n5,TRUE,6\n7,false,8\n9,1.0,0\n", {.label_column = "label"}));
  EXPECT_THAT(data.feature_names, ElementsAre("a", "b"));
  EXPECT_THAT(data.rows.values, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 0));
  EXPECT_THAT(data.labels, ElementsAre(false, true, true, false, true));
}

TEST(DataSet, SelectsColumnsInTheOrderOfTheOptions) {
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("a,b,text,label\n1,2,x,1\n3,4,y,0\n",
                                                {.label_column = "label", .columns = {"b", "a"}}));
  EXPECT_THAT(data.feature_names, ElementsAre("b", "a"));
  EXPECT_THAT(data.rows.values, ElementsAre(2, 1, 4, 3));
  EXPECT_THAT(data.labels, ElementsAre(true, false));
}

TEST(DataSet, AnOptionalLabelMayBeMissing) {
  const DataSetOptions options{.label_column = "label", .label_optional = true};
  ASSERT_OK_AND_ASSIGN(const DataSet without, Read("a\n1\n", options));
  EXPECT_THAT(without.labels, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const DataSet with, Read("a,label\n1,1\n", options));
  EXPECT_THAT(with.labels, ElementsAre(true));
}

TEST(DataSet, TellsWhetherThereAreLabels) {
  for (const bool labelled : {false, true}) {
    std::istringstream input(labelled ? "a,label\n" : "a\n");
    ASSERT_OK_AND_ASSIGN(
        const DataSetReader reader,
        DataSetReader::Create(input, {.label_column = "label", .label_optional = true}));
    EXPECT_EQ(reader.has_labels(), labelled);
    if (labelled) {
      EXPECT_THAT(reader.notes(), IsEmpty());
    } else {
      EXPECT_THAT(reader.notes(), ElementsAre("there is no column \"label\" with labels"));
    }
  }
}

TEST(DataSet, ReadsInChunks) {
  std::istringstream input("a,label\n1,0\n2,1\n3,0\n4,1\n5,1\n");
  ASSERT_OK_AND_ASSIGN(DataSetReader reader,
                       DataSetReader::Create(input, {.label_column = "label"}));
  ASSERT_OK_AND_ASSIGN(const DataSet first, reader.ReadChunk(2));
  EXPECT_THAT(first.rows.values, ElementsAre(1, 2));
  EXPECT_THAT(first.labels, ElementsAre(false, true));
  ASSERT_OK_AND_ASSIGN(const DataSet second, reader.ReadChunk(2));
  EXPECT_THAT(second.rows.values, ElementsAre(3, 4));
  ASSERT_OK_AND_ASSIGN(const DataSet third, reader.ReadChunk(2));
  EXPECT_THAT(third.rows.values, ElementsAre(5));
  EXPECT_THAT(third.labels, ElementsAre(true));
  ASSERT_OK_AND_ASSIGN(const DataSet end, reader.ReadChunk(2));
  EXPECT_THAT(end.feature_names, ElementsAre("a"));
  EXPECT_EQ(end.rows.rows(), 0u);
}

TEST(DataSet, SkippedLabelsMayBeAnything) {
  const DataSetOptions options = {.label_column = "label", .skip_labels = true};
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("a,label\n1,yes\n2,\n3,2.5\n", options));
  EXPECT_THAT(data.feature_names, ElementsAre("a"));
  EXPECT_THAT(data.rows.values, ElementsAre(1, 2, 3));
  EXPECT_THAT(data.labels, IsEmpty());
}

TEST(DataSet, AFeatureWithALabelsNameAndManyValuesIsASuspect) {
  std::istringstream input("a,Target\n1,0\n2,1\n3,2\n");
  ASSERT_OK_AND_ASSIGN(DataSetReader reader,
                       DataSetReader::Create(input, {.refuse_label_feature = true}));
  while (true) {
    ASSERT_OK_AND_ASSIGN(const DataSet chunk, reader.ReadChunk(1));
    if (chunk.rows.rows() == 0) break;
  }
  EXPECT_THAT(reader.LabelSuspects(), ElementsAre("Target"));
}

TEST(DataSet, NotFiniteCellsAreReadOnRequest) {
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("a,b,c,d,e,f\nnan,,inf,-Infinity,1e39,-1e39\n",
                                                {.allow_not_finite = true}));
  const std::vector<float>& values = data.rows.values;
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  ASSERT_EQ(values.size(), 6u);
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_THAT(std::vector<float>(values.begin() + 2, values.end()),
              ElementsAre(kInfinity, -kInfinity, kInfinity, -kInfinity));
}

struct BadCase {
  std::string name;
  std::string text;
  std::string message;
  DataSetOptions options = {};
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadDataSet : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadDataSet, IsRefusedWithSourceAndPlace) {
  DataSetOptions options = GetParam().options;
  options.source_name = "plant.csv";
  EXPECT_THAT(Read(GetParam().text, options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("plant.csv: "), HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadDataSet,
    ::testing::Values(
        BadCase{"Empty", "", "empty; expected a header line"},
        BadCase{
            "RowInPlaceOfAHeader",
            "1,x\n",
            "there is no column \"c\"; the columns are \"1\", \"x\"; say --no-header if the file "
            "has no names",
            {.columns = {"c"}}},
        BadCase{"DuplicateNames", "a,b,a\n", "columns 1 and 3 have the same name, \"a\""},
        BadCase{"LabelMissing",
                "a,b\n1,2\n",
                "there is no label column \"label\"; the columns are \"a\", \"b\"",
                {.label_column = "label"}},
        BadCase{"ColumnMissing",
                "a,b\n1,2\n",
                "there is no column \"c\"; the columns are \"a\", \"b\"",
                {.columns = {"a", "c"}}},
        BadCase{"OnlyTheLabel", "label\n1\n", "no column but labels", {.label_column = "label"}},
        BadCase{"LabelAmongFeatures",
                "a,label\n1,1\n",
                "column \"label\" is both the label and a feature",
                {.label_column = "label", .columns = {"a", "label"}}},
        BadCase{"Text", "a,b\n1,2\n3,four\n", "line 3, column 2 (\"b\"): \"four\" is not a number"},
        BadCase{"TextAfterNumber", "a\n1.5kg\n",
                "line 2, column 1 (\"a\"): \"1.5kg\" is not a number"},
        BadCase{"DecimalComma", "a\n0.5\n\"1,5\"\n",
                "\"1,5\" is not a number (it is written with a decimal comma; expected a decimal "
                "point, "
                "as other numbers of the file have)"},
        BadCase{
            "Date", "when,b\n2026-01-02,2\n",
            "line 2, column 1 (\"when\"): \"2026-01-02\" is not a number (a date or time); leave "
            "the column out with --ignore=\"when\", or with --key=\"when\" if it identifies rows"},
        BadCase{"TextInAFeatureThatIsNamed",
                "a,b\n1,x\n",
                "line 2, column 2 (\"b\"): \"x\" is not a number",
                {.columns = {"b"}}},
        BadCase{
            "MissingCell", "a,b\n1,NA\n",
            "line 2, column 2 (\"b\"): \"NA\" is not a finite 32-bit number (missing, and missing "
            "cells are not trained on yet; fill it, or leave such rows out with "
            "--skip-bad-lines=N)"},
        BadCase{"InfinityIsTold", "a\ninf\n", "\"inf\" is not a finite 32-bit number (infinite)"},
        BadCase{"OverflowIsTold", "a\n-1e39\n",
                "\"-1e39\" is not a finite 32-bit number (beyond 3.4e38)"},
        BadCase{"Workbook", "PK\x03\x04xxxx",
                "the file is a ZIP archive, as Excel workbooks (xlsx) are"},
        BadCase{"NoHeader", "1,2,3\n4,5,6\n",
                "line 1: a row of numbers (\"1\", ...) where the names of the columns were "
                "expected; say "
                "--no-header if the file has no names, or --header if these are the names"},
        BadCase{"NoHeaderButDates", "2026-01-02,2,\n", "a row of numbers (\"2026-01-02\", ...)"},
        BadCase{"Hexadecimal", "a\n0x10\n", "\"0x10\" is not a number"},
        BadCase{"TwoSigns", "a\n+-1\n", "\"+-1\" is not a number"},
        BadCase{"LoneSign", "a\n+\n", "\"+\" is not a number"},
        BadCase{"ControlCharactersAreEscaped", "a\n\"\x1b[2J\"\n", "\"\\x1b[2J\" is not a number"},
        BadCase{"LongCellIsCut", "a\n" + std::string(100, 'x') + "\n",
                "\"" + std::string(40, 'x') + "...\" is not a number"},
        BadCase{"LongCellIsCutBetweenCharacters", "a\n" + std::string(39, 'x') + "\u00e4y\n",
                "\"" + std::string(39, 'x') + "...\" is not a number"},
        BadCase{"Utf8StaysReadable", "Gr\u00f6\u00dfe\n5 \u00b0C\n",
                "column 1 (\"Gr\u00f6\u00dfe\"): \"5 \u00b0C\" is not a number"},
        BadCase{
            "LabelAmongTheFeatures",
            "a,Class\n1,0\n2,1\n",
            "column \"Class\" looks like a label: its only values are 0 and 1. Leave it out with "
            "--label-column=\"Class\", or train on it with --no-label",
            {.refuse_label_feature = true}},
        BadCase{
            "LabelThatIsMissing",
            "a,label\n1,0\n2,\n",
            "\"\" is not a finite 32-bit number; leave a label out with --label-column=\"label\"",
            {.refuse_label_feature = true}},
        BadCase{"LabelInWords",
                "a,Normal/Attack\n1,Normal\n",
                "line 2, column 2 (\"Normal/Attack\"): \"Normal\" is not a number; leave a label "
                "out with "
                "--label-column=\"Normal/Attack\"",
                {.refuse_label_feature = true}},
        BadCase{"EmptyCell", "a,b\n1,\n", "line 2, column 2 (\"b\"): \"\" is not a finite"},
        BadCase{"NaN", "a\nnan\n", "\"nan\" is not a finite 32-bit number"},
        BadCase{"InfinityIsNotFinite", "a\n-inf\n", "\"-inf\" is not a finite 32-bit number"},
        BadCase{"BeyondFloat", "a\n1e39\n", "\"1e39\" is not a finite 32-bit number"},
        BadCase{"BeyondDouble", "a\n-1e400\n", "\"-1e400\" is not a finite 32-bit number"},
        BadCase{"TooFewCells", "a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells; expected 3"},
        BadCase{"OneCell", "a,b,c\n1\n", "line 2: 1 cell; expected 3"},
        BadCase{"TooManyCells", "a,b\n1,2,3\n", "line 2: 3 cells; expected 2"},
        BadCase{"BadLabel",
                "a,label\n1,2\n",
                "line 2, column 2 (\"label\"): \"2\" is not a label; expected 0 and 1,",
                {.label_column = "label"}},
        BadCase{"EmptyLabel", "a,label\n1,\n", "\"\" is not a label", {.label_column = "label"}},
        BadCase{"BrokenHeader", "a,\"b\n", "line 1, column 2: double quote without"},
        BadCase{"BrokenLine", "a\n1\n2\"\n", "line 3, column 1 (\"a\"): \"2\\\"\" is not a number"},
        BadCase{"TextAfterQuotes", "a\n\"1\"2\n", "\"\\\"1\\\"2\" is not a number"},
        BadCase{"NulByte", std::string("a,b\n1,2\0\n", 9),
                "column 2 (\"b\"): \"2\\x00\" is not a number"},
        BadCase{"LineAfterBlankLines", "a\n\n\nx\n", "line 4, column 1 (\"a\")"}),
    [](const auto& info) { return info.param.name; });

// Each of them says the same as "a,b\n1.5,-2\n0.25,4\n".
struct DialectCase {
  std::string name;
  std::string text;
  std::vector<std::string> notes;
};
void PrintTo(const DialectCase& c, std::ostream* out) { *out << c.name; }

class DataSetDialect : public ::testing::TestWithParam<DialectCase> {};

TEST_P(DataSetDialect, IsRead) {
  for (const size_t block : {1, 3, 100000}) {
    BlockBuffer buffer(GetParam().text, block);
    std::istream input(&buffer);
    ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(input, {}));
    EXPECT_THAT(reader.feature_names(), ElementsAre("a", "b"));
    EXPECT_EQ(reader.notes(), GetParam().notes);
    std::vector<float> values;
    for (;;) {
      ASSERT_OK_AND_ASSIGN(const DataSet chunk, reader.ReadChunk(kAllRows));
      if (chunk.rows.rows() == 0) break;
      values.insert(values.end(), chunk.rows.values.begin(), chunk.rows.values.end());
    }
    EXPECT_THAT(values, ElementsAre(1.5f, -2, 0.25f, 4));
  }
}

const std::u16string kUtf16Text = u"a,b\n1.5,-2\n0.25,4\n";

INSTANTIATE_TEST_SUITE_P(
    All, DataSetDialect,
    ::testing::Values(
        DialectCase{"Plain", "a,b\n1.5,-2\n0.25,4\n", {}},
        DialectCase{"CrLf", "a,b\r\n1.5,-2\r\n0.25,4\r\n", {}},
        DialectCase{"Cr", "a,b\r1.5,-2\r0.25,4\r", {}},
        DialectCase{"ByteOrderMark",
                    "\xEF\xBB\xBF"
                    "a,b\n1.5,-2\n0.25,4",
                    {}},
        DialectCase{"Quoted", "\"a\",\"b\"\n\"1.5\",\"-2\"\n\"0.25\",\"4\"\n", {}},
        DialectCase{"Blanks", " a, b\n1.5, -2\n 0.25 ,4\n", {}},
        DialectCase{"Semicolons", "a;b\n1.5;-2\n0.25;4\n", {"dialect: semicolon-separated"}},
        DialectCase{"DecimalCommas", "a;b\n1,5;-2\n0,25;4\n", {"dialect: semicolon-separated"}},
        DialectCase{"QuotedDecimalCommas", "a,b\n\"1,5\",-2\n\"0,25\",\"4\"\n", {}},
        DialectCase{"Tabs", "a\tb\n1.5\t-2\n0.25\t4\n", {"dialect: tab-separated"}},
        DialectCase{"Bars", "a|b\n1.5|-2\n0.25|4\n", {"dialect: bar-separated"}},
        DialectCase{
            "SeparatorLine", "sep=:\na:b\n1.5:-2\n0.25:4\n", {"dialect: separated by \":\""}},
        DialectCase{
            "Apostrophes", "'a','b'\n'1.5',-2\n0.25,4\n", {"dialect: apostrophes as quotes"}},
        DialectCase{"Comments", "# x\na,b\n1.5,-2\n# y,z\n0.25,4\n", {"dialect: comments after #"}},
        DialectCase{"TrailingDelimiters",
                    "a,b,\n1.5,-2,\n0.25,4,\n",
                    {"column 3 has no name and is left out"}},
        DialectCase{"TrailingDelimitersOfRows", "a,b\n1.5,-2,\n0.25,4\n", {}},
        DialectCase{
            "Index", ",a,b\n0,1.5,-2\nx,0.25,4\n", {"column 1 has no name and is left out"}},
        DialectCase{
            "Utf16", Utf16(u"\uFEFF" + kUtf16Text, std::endian::little), {"dialect: UTF-16"}},
        DialectCase{
            "Utf16BigEndian", Utf16(u"\uFEFF" + kUtf16Text, std::endian::big), {"dialect: UTF-16"}},
        DialectCase{
            "Utf16WithoutMark", Utf16(kUtf16Text, std::endian::little), {"dialect: UTF-16"}},
        DialectCase{"Gzip", Gzip("a,b\n1.5,-2\n0.25,4\n"), {"dialect: gzip"}},
        DialectCase{"GzippedUtf16WithTabs",
                    Gzip(Utf16(u"a\tb\n1,5\t-2\n0,25\t4\n", std::endian::big)),
                    {"dialect: gzip, UTF-16, tab-separated"}}),
    [](const auto& info) { return info.param.name; });

TEST(DataSet, ColumnsThatAreNotUsedMayHoldAnything) {
  const std::string text(
      "a,\xF6,,x,x,5\"\n1,\xE9\"\xFF,\"q\"q,it's,,\n2,\"line\nbreak\",\0,NA,-,#\n", 54);
  for (const DataSetOptions& options :
       {DataSetOptions{.columns = {"a"}}, DataSetOptions{.ignored_columns = {"\xF6", "x", "5*"}}}) {
    ASSERT_OK_AND_ASSIGN(const DataSet data, Read(text, options));
    EXPECT_THAT(data.feature_names, ElementsAre("a"));
    EXPECT_THAT(data.rows.values, ElementsAre(1, 2));
  }
}

TEST(DataSet, KeysGoWithTheirRows) {
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("time, id,a\n12:00,\"x,y\",1\n13:00,,2\n",
                                                {.key_columns = {"id", "time"}}));
  EXPECT_THAT(data.feature_names, ElementsAre("a"));
  EXPECT_THAT(data.keys, ElementsAre("x,y", "12:00", "", "13:00"));
  EXPECT_THAT(data.row_numbers, ElementsAre(0, 1));
}

TEST(DataSet, AFileWithoutAHeaderHasNumbersForNames) {
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("1,2\n3,4\n", {.format = {.has_header = false}}));
  EXPECT_THAT(data.feature_names, ElementsAre("column_1", "column_2"));
  EXPECT_THAT(data.rows.values, ElementsAre(1, 2, 3, 4));
  // A version that was trained so knows it.
  const std::vector<std::string> names = {"column_1", "column_2"};
  ASSERT_OK_AND_ASSIGN(const DataSet scored, Read("1,2\n3,4\n", {.columns = names}));
  EXPECT_THAT(scored.rows.values, ElementsAre(1, 2, 3, 4));
  ASSERT_OK_AND_ASSIGN(const DataSet named, Read("column_2,column_1\n1,2\n", {.columns = names}));
  EXPECT_THAT(named.rows.values, ElementsAre(2, 1));
}

TEST(DataSet, FeaturesOfAFileWithoutAHeaderAreFoundByPosition) {
  ASSERT_OK_AND_ASSIGN(const DataSet data,
                       Read("t1,1,2\nt2,3,4\n", {.columns = {"flow", "heat"},
                                                 .key_columns = {"column_1"},
                                                 .format = {.has_header = false}}));
  EXPECT_THAT(data.feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(data.rows.values, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(data.keys, ElementsAre("t1", "t2"));
}

TEST(DataSet, NamesMayBeNumbers) {
  ASSERT_OK_AND_ASSIGN(const DataSet said, Read("0,1\n3,4\n", {.format = {.has_header = true}}));
  EXPECT_THAT(said.feature_names, ElementsAre("0", "1"));
  ASSERT_OK_AND_ASSIGN(const DataSet known, Read("0,1\n3,4\n", {.columns = {"1", "0"}}));
  EXPECT_THAT(known.rows.values, ElementsAre(4, 3));
}

TEST(DataSet, WhatIsNamedIsNotDetected) {
  ASSERT_OK_AND_ASSIGN(
      const DataSet data,
      Read("a:b\n'1,250':-999\n2:'x'\n", {.format = {.dialect = {.delimiter = ':', .quote = '\''},
                                                     .decimal_mark = DecimalMark::kComma,
                                                     .missing = {"-999", "x"}},
                                          .allow_not_finite = true}));
  ASSERT_EQ(data.rows.values.size(), 4u);
  EXPECT_EQ(data.rows.values[0], 1.25f);
  EXPECT_TRUE(std::isnan(data.rows.values[1]));
  EXPECT_TRUE(std::isnan(data.rows.values[3]));
}

constexpr char kBadLines[] = "a,label,k\n1,0,p\nx,0,q\n2\n3,1,r\n4,7,s\n5,1,t\n";

TEST(DataSet, RowsBeforeABadLineComeFirst) {
  std::istringstream input(kBadLines);
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(input, {.label_column = "label",
                                                                           .key_columns = {"k"}}));
  ASSERT_OK_AND_ASSIGN(const DataSet chunk, reader.ReadChunk(kAllRows));
  EXPECT_THAT(chunk.rows.values, ElementsAre(1));
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(reader.ReadChunk(kAllRows),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 3, column 1")));
  }
}

TEST(DataSet, PassesOverBadLines) {
  std::istringstream input(kBadLines);
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(input, {.label_column = "label",
                                                                           .key_columns = {"k"},
                                                                           .max_bad_lines = 3}));
  ASSERT_OK_AND_ASSIGN(const DataSet chunk, reader.ReadChunk(kAllRows));
  EXPECT_THAT(chunk.rows.values, ElementsAre(1, 3, 5));
  EXPECT_THAT(chunk.labels, ElementsAre(false, true, true));
  EXPECT_THAT(chunk.keys, ElementsAre("p", "r", "t"));
  EXPECT_THAT(chunk.row_numbers, ElementsAre(0, 3, 5));
  EXPECT_EQ(reader.bad_lines().count, 3u);
  EXPECT_THAT(reader.bad_lines().first, HasSubstr("line 3, column 1 (\"a\"): \"x\""));
}

TEST(DataSet, PassesOverNoMoreBadLinesThanItMay) {
  std::istringstream input(kBadLines);
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(input, {.label_column = "label",
                                                                           .key_columns = {"k"},
                                                                           .max_bad_lines = 2}));
  ASSERT_OK_AND_ASSIGN(const DataSet chunk, reader.ReadChunk(kAllRows));
  EXPECT_THAT(chunk.rows.values, ElementsAre(1, 3));
  EXPECT_THAT(reader.ReadChunk(kAllRows),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("line 6, column 2 (\"label\"): \"7\" is not a label"),
                             HasSubstr("; 2 bad lines were passed over before"))));
}

// Blocks that arrive one by one: the buffer does not tell of another one before it is asked for it.
TEST(DataSet, GivesRowsAsTheyArrive) {
  BlockBuffer buffer("a,b\n1,2\n3,4\n5,6\n7", 8);
  std::istream input(&buffer);
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(input, {}));
  std::vector<std::vector<float>> chunks;
  for (;;) {
    const absl::StatusOr<DataSet> chunk = reader.ReadChunk(kAllRows);
    if (!chunk.ok()) break;
    chunks.push_back(chunk->rows.values);
  }
  EXPECT_THAT(chunks, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4, 5, 6)));
}

TEST(DataSet, RowsBeforeDamagedDataComeFirst) {
  std::string text = "a\n";
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + "\n";
  const std::string data = Gzip(text);
  std::istringstream input(data.substr(0, data.size() / 2));
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(input, {}));
  ASSERT_OK_AND_ASSIGN(const DataSet chunk, reader.ReadChunk(kAllRows));
  EXPECT_GT(chunk.rows.rows(), 10000u);
  EXPECT_THAT(
      reader.ReadChunk(kAllRows),
      StatusIs(absl::StatusCode::kDataLoss,
               HasSubstr("input: is cut off in its gzip data, and cannot be read beyond line ")));
}

TEST(DataSet, ManyColumnsAreNotAllNamed) {
  std::string header = "c0";
  for (int i = 1; i < 60; ++i) header += ",c" + std::to_string(i);
  EXPECT_THAT(Read(header, {.label_column = "label"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"c49\" and 10 more")));
}

class ReadDataSetTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) {
    const std::string path = folder_.path() / "data.csv";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(ReadDataSetTest, ReadsMoreThanOneChunk) {
  std::string text = "a,label,b\n";
  std::vector<float> values;
  std::vector<bool> labels;
  for (int i = 0; i < 20000; ++i) {
    text += std::to_string(i) + "," + std::to_string(i % 3 == 0) + ",-0.5\n";
    values.insert(values.end(), {static_cast<float>(i), -0.5f});
    labels.push_back(i % 3 == 0);
  }
  ASSERT_OK_AND_ASSIGN(const DataSet data, ReadDataSet(Write(text), {.label_column = "label"}));
  EXPECT_EQ(data.rows.values, values);
  EXPECT_EQ(data.labels, labels);
}

TEST_F(ReadDataSetTest, ReadsKeysWithAllChunks) {
  std::string text = "a,k\n";
  for (int i = 0; i < 5000; ++i) text += "1,k" + std::to_string(i) + "\n";
  ASSERT_OK_AND_ASSIGN(const DataSet data, ReadDataSet(Write(text), {.key_columns = {"k"}}));
  ASSERT_EQ(data.keys.size(), 5000u);
  EXPECT_EQ(data.keys.back(), "k4999");
  EXPECT_EQ(data.row_numbers.back(), 4999u);
}

TEST_F(ReadDataSetTest, NamesTheFileInErrors) {
  const std::string path = Write("a\nx\n");
  EXPECT_THAT(ReadDataSet(path, {}), StatusIs(absl::StatusCode::kInvalidArgument,
                                              HasSubstr(path + ": line 2, column 1 (\"a\")")));
}

TEST_F(ReadDataSetTest, FileWithoutRowsIsRefused) {
  EXPECT_THAT(ReadDataSet(Write("a,b\n"), {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no row follows the header")));
}

TEST_F(ReadDataSetTest, MissingFileIsNotFound) {
  EXPECT_THAT(ReadDataSet(folder_.path() / "none.csv", {}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.csv")));
}

TEST(ReferenceDataSets, AreReadWhole) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  const std::filesystem::path folder = *testing::ReferenceData() / "datasets";
  ASSERT_OK_AND_ASSIGN(const DataSet train, ReadDataSet(folder / "letter.train.csv", {}));
  EXPECT_EQ(train.rows.columns, 32u);
  EXPECT_EQ(train.rows.rows(), 1200u);
  ASSERT_OK_AND_ASSIGN(const DataSet test,
                       ReadDataSet(folder / "letter.test.csv", {.label_column = "label"}));
  EXPECT_EQ(test.feature_names, train.feature_names);
  EXPECT_EQ(test.rows.rows(), 400u);
  EXPECT_EQ(std::count(test.labels.begin(), test.labels.end(), true), 100);
}

}  // namespace
}  // namespace advae
