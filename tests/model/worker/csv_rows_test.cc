#include "model/worker/csv_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "model/repository/row_file.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CsvRowsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  const TemporaryFolder folder_;
  std::ostringstream messages_;
};

TEST_F(CsvRowsTest, ConvertsCsvWithoutItsLabels) {
  const std::string csv = Write("data.csv", "a,label,b\n1,0,2\n3,1,4\n5,0,6\n");
  ASSERT_OK_AND_ASSIGN(
      const v1::RowFile file,
      ConvertCsvToRowFile(csv, {.label_column = "label"}, folder_.path() / "out", messages_));
  EXPECT_EQ(file.rows(), 3);
  EXPECT_EQ(file.columns(), 2);
  EXPECT_THAT(file.feature_names(), ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(file));
  EXPECT_THAT(rows.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(CsvRowsTest, ConvertsCsvThatIsLongerThanAChunk) {
  std::string csv = "a\n";
  for (int i = 0; i < 10'000; ++i) csv += std::to_string(i) + "\n";
  ASSERT_OK_AND_ASSIGN(
      const v1::RowFile file,
      ConvertCsvToRowFile(Write("data.csv", csv), {}, folder_.path() / "out", messages_));
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(file));
  ASSERT_EQ(rows.rows(), 10'000);
  EXPECT_EQ(rows.values.back(), 9999);
}

TEST_F(CsvRowsTest, TellsHowItReadsTheFile) {
  const std::string csv = Write("data.csv", ";a;b\n1;2,5;x\n2;3,5;4\n3;y;5\n4;1;-2\n");
  ASSERT_OK_AND_ASSIGN(
      const v1::RowFile file,
      ConvertCsvToRowFile(csv, {.max_bad_lines = 2}, folder_.path() / "out", messages_));
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(file));
  EXPECT_THAT(rows.values, ElementsAre(3.5, 4, 1, -2));
  EXPECT_THAT(messages_.str(),
              AllOf(HasSubstr("note: " + csv + ": dialect: semicolon-separated\n"),
                    HasSubstr("note: " + csv + ": column 1 has no name and is left out\n"),
                    HasSubstr("warning: " + csv + ": lines passed over: 2; the first: line 2, ")));
}

TEST_F(CsvRowsTest, CsvErrorsNameTheFile) {
  EXPECT_THAT(
      ConvertCsvToRowFile(Write("data.csv", "a,b\n1,x\n"), {}, folder_.path() / "out", messages_),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data.csv")));
  EXPECT_THAT(ConvertCsvToRowFile((folder_.path() / "none.csv").string(), {},
                                  folder_.path() / "out", messages_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.csv")));
}

TEST_F(CsvRowsTest, RowFilesThatCannotBeWrittenAreErrors) {
  EXPECT_FALSE(
      ConvertCsvToRowFile(Write("data.csv", "a\n1\n2\n"), {}, "/does/not/exist/rows", messages_)
          .ok());
}

}  // namespace
}  // namespace advae
