#include "model/training/row_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RowFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& bytes) {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }
  v1::RowFile Rows(const std::vector<float>& values, uint64_t rows, uint32_t columns) {
    v1::RowFile file;
    file.set_path(Write(
        "rows", {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}));
    file.set_rows(rows);
    file.set_columns(columns);
    return file;
  }

  const TemporaryFolder folder_;
};

TEST_F(RowFileTest, ReadsRows) {
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(Rows({1, 2, 3, 4, 5, 6}, 2, 3)));
  EXPECT_EQ(rows.columns, 3);
  EXPECT_THAT(rows.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RowFileTest, WantsTwoRowsAndAColumn) {
  EXPECT_THAT(
      ReadRowFile(Rows({1, 2}, 1, 2)),
      StatusIs(absl::StatusCode::kInvalidArgument, "expected at least 2 training rows, got 1"));
  EXPECT_THAT(ReadRowFile(Rows({}, 0, 2)), StatusIs(absl::StatusCode::kInvalidArgument,
                                                    "expected at least 2 training rows, got 0"));
  EXPECT_THAT(ReadRowFile(Rows({}, 5, 0)),
              StatusIs(absl::StatusCode::kInvalidArgument, "the training rows have no columns"));
}

TEST_F(RowFileTest, SizeMustBeThatOfTheRows) {
  EXPECT_THAT(
      ReadRowFile(Rows({1, 2, 3, 4, 5}, 2, 3)),
      StatusIs(absl::StatusCode::kDataLoss, HasSubstr("has 20 bytes, expected 2 rows of 12")));
  EXPECT_THAT(ReadRowFile(Rows({1, 2, 3, 4, 5, 6, 7, 8, 9}, 2, 3)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("has 36 bytes")));
  EXPECT_THAT(ReadRowFile(Rows({1, 2}, UINT64_MAX, UINT32_MAX)),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("has 8 bytes")));
}

TEST_F(RowFileTest, MissingFileIsNotFound) {
  v1::RowFile file;
  file.set_path((folder_.path() / "none").string());
  file.set_rows(2);
  file.set_columns(1);
  EXPECT_THAT(ReadRowFile(file), StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

TEST_F(RowFileTest, ConvertsCsvWithoutItsLabels) {
  const std::string csv = Write("data.csv", "a,label,b\n1,0,2\n3,1,4\n5,0,6\n");
  ASSERT_OK_AND_ASSIGN(const v1::RowFile file,
                       ConvertCsvToRowFile(csv, {.label_column = "label"}, folder_.path() / "out"));
  EXPECT_EQ(file.rows(), 3);
  EXPECT_EQ(file.columns(), 2);
  EXPECT_THAT(file.feature_names(), ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(file));
  EXPECT_THAT(rows.values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RowFileTest, ConvertsCsvThatIsLongerThanAChunk) {
  std::string csv = "a\n";
  for (int i = 0; i < 10'000; ++i) csv += std::to_string(i) + "\n";
  ASSERT_OK_AND_ASSIGN(const v1::RowFile file,
                       ConvertCsvToRowFile(Write("data.csv", csv), {}, folder_.path() / "out"));
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(file));
  ASSERT_EQ(rows.rows(), 10'000);
  EXPECT_EQ(rows.values.back(), 9999);
}

TEST_F(RowFileTest, CsvErrorsNameTheFile) {
  EXPECT_THAT(ConvertCsvToRowFile(Write("data.csv", "a,b\n1,x\n"), {}, folder_.path() / "out"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("data.csv")));
  EXPECT_THAT(
      ConvertCsvToRowFile((folder_.path() / "none.csv").string(), {}, folder_.path() / "out"),
      StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.csv")));
}

TEST_F(RowFileTest, RowFilesThatCannotBeWrittenAreErrors) {
  EXPECT_FALSE(
      ConvertCsvToRowFile(Write("data.csv", "a\n1\n2\n"), {}, "/does/not/exist/rows").ok());
}

}  // namespace
}  // namespace advae
