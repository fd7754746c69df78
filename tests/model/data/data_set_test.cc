#include "model/data/data_set.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kAllRows = std::numeric_limits<size_t>::max();

absl::StatusOr<DataSet> Read(const std::string& text, DataSetOptions options = {}) {
  std::istringstream input(text);
  absl::StatusOr<DataSetReader> reader = DataSetReader::Create(input, std::move(options));
  if (!reader.ok()) return reader.status();
  return reader->ReadChunk(kAllRows);
}

TEST(DataSet, ReadsNamesAndRowMajorValues) {
  ASSERT_OK_AND_ASSIGN(const DataSet data, Read("a,b\n1,2\n3,4\n5,6\n"));
  EXPECT_THAT(data.feature_names, ElementsAre("a", "b"));
  EXPECT_EQ(data.rows.columns, 2u);
  EXPECT_EQ(data.rows.rows(), 3u);
  EXPECT_THAT(data.rows.values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(data.labels, IsEmpty());
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
        BadCase{"EmptyName", "a,,b\n", "column 2 has no name"},
        BadCase{"NameInLatin1",
                "a,\xB0"
                "C\n",
                "the name of column 2, \"\\xb0C\", is not UTF-8"},
        BadCase{"DuplicateNames", "a,b,a\n", "columns 1 and 3 have the same name, \"a\""},
        BadCase{"LabelMissing",
                "a,b\n1,2\n",
                "there is no label column \"label\"; the columns are \"a\", \"b\"",
                {.label_column = "label"}},
        BadCase{"ColumnMissing",
                "a,b\n1,2\n",
                "there is no column \"c\"; the columns are \"a\", \"b\"",
                {.columns = {"a", "c"}}},
        BadCase{
            "OnlyTheLabel", "label\n1\n", "no column besides the label", {.label_column = "label"}},
        BadCase{"LabelAmongFeatures",
                "a,label\n1,1\n",
                "column \"label\" is both the label and a feature",
                {.label_column = "label", .columns = {"a", "label"}}},
        BadCase{"Text", "a,b\n1,2\n3,four\n", "line 3, column \"b\": \"four\" is not a number"},
        BadCase{"TextAfterNumber", "a\n1.5kg\n", "line 2, column \"a\": \"1.5kg\" is not a number"},
        BadCase{"DecimalComma", "a\n\"1,5\"\n", "\"1,5\" is not a number"},
        BadCase{"Hexadecimal", "a\n0x10\n", "\"0x10\" is not a number"},
        BadCase{"TwoSigns", "a\n+-1\n", "\"+-1\" is not a number"},
        BadCase{"LoneSign", "a\n+\n", "\"+\" is not a number"},
        BadCase{"ControlCharactersAreEscaped", "a\n\"\x1b[2J\"\n", "\"\\x1b[2J\" is not a number"},
        BadCase{"LongCellIsCut", "a\n" + std::string(100, 'x') + "\n",
                "\"" + std::string(40, 'x') + "...\" is not a number"},
        BadCase{"LongCellIsCutBetweenCharacters", "a\n" + std::string(39, 'x') + "\u00e4y\n",
                "\"" + std::string(39, 'x') + "...\" is not a number"},
        BadCase{"Utf8StaysReadable", "Gr\u00f6\u00dfe\n5 \u00b0C\n",
                "column \"Gr\u00f6\u00dfe\": \"5 \u00b0C\" is not a number"},
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
        BadCase{
            "LabelInWords",
            "a,Normal/Attack\n1,Normal\n",
            "line 2, column \"Normal/Attack\": \"Normal\" is not a number; leave a label out with "
            "--label-column=\"Normal/Attack\"",
            {.refuse_label_feature = true}},
        BadCase{"EmptyCell", "a,b\n1,\n", "line 2, column \"b\": \"\" is not a finite"},
        BadCase{"NaN", "a\nnan\n", "\"nan\" is not a finite 32-bit number"},
        BadCase{"Infinity", "a\n-inf\n", "\"-inf\" is not a finite 32-bit number"},
        BadCase{"BeyondFloat", "a\n1e39\n", "\"1e39\" is not a finite 32-bit number"},
        BadCase{"BeyondDouble", "a\n-1e400\n", "\"-1e400\" is not a finite 32-bit number"},
        BadCase{"TooFewCells", "a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells; expected 3"},
        BadCase{"OneCell", "a,b,c\n1\n", "line 2: 1 cell; expected 3"},
        BadCase{"TooManyCells", "a,b\n1,2,3\n", "line 2: 3 cells; expected 2"},
        BadCase{"BadLabel",
                "a,label\n1,2\n",
                "line 2, column \"label\": \"2\" is not a label; expected 0, 1, false or true",
                {.label_column = "label"}},
        BadCase{"EmptyLabel", "a,label\n1,\n", "\"\" is not a label", {.label_column = "label"}},
        BadCase{"BrokenHeader", "a,\"b\n", "line 1, column 2: double quote without"},
        BadCase{"BrokenLine", "a\n1\n2\"\n", "line 3, column 1: stray double quote"},
        BadCase{"LineAfterBlankLines", "a\n\n\nx\n", "line 4, column \"a\""}),
    [](const auto& info) { return info.param.name; });

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

TEST_F(ReadDataSetTest, NamesTheFileInErrors) {
  const std::string path = Write("a\nx\n");
  EXPECT_THAT(ReadDataSet(path, {}), StatusIs(absl::StatusCode::kInvalidArgument,
                                              HasSubstr(path + ": line 2, column \"a\"")));
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
