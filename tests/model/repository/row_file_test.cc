#include "model/repository/row_file.h"

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

using ::advae::testing::IsOk;
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

TEST(RowFileWriter, JoinsChunks) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "rows";
  RowFileWriter writer(path);
  writer.SetFeatureNames({"a", "b"});
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  ASSERT_THAT(writer.Append({values.data(), 2, 2}), IsOk());
  ASSERT_THAT(writer.Append({values.data() + 4, 1, 2}), IsOk());
  EXPECT_EQ(writer.rows(), 3);
  EXPECT_EQ(writer.columns(), 2);
  ASSERT_OK_AND_ASSIGN(const v1::RowFile file, writer.Finish());
  EXPECT_EQ(file.path(), path.string());
  EXPECT_EQ(file.rows(), 3);
  EXPECT_EQ(file.columns(), 2);
  EXPECT_THAT(file.feature_names(), ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const Matrix rows, ReadRowFile(file));
  EXPECT_EQ(rows.values, values);
}

TEST(RowFileWriter, RefusesOtherColumnsThanTheFirstChunk) {
  const TemporaryFolder folder;
  RowFileWriter writer(folder.path() / "rows");
  const std::vector<float> values(3);
  ASSERT_THAT(writer.Append({values.data(), 1, 2}), IsOk());
  EXPECT_THAT(writer.Append({values.data(), 1, 3}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "the rows have 3 columns; the first chunk had 2"));
}

TEST(RowFileWriter, RefusesMoreThanItsLimit) {
  const TemporaryFolder folder;
  RowFileWriter writer(folder.path() / "rows", /*max_bytes=*/16);
  const std::vector<float> values(4);
  ASSERT_THAT(writer.Append({values.data(), 2, 2}), IsOk());
  EXPECT_THAT(writer.Append({values.data(), 1, 2}),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "too many training rows: the limit is 16 bytes, 2 rows of 2 columns"));
}

TEST(RowFileWriter, TellsWhenTheFileCannotBeWritten) {
  const TemporaryFolder folder;
  const float value = 1;
  EXPECT_FALSE(RowFileWriter(folder.path() / "missing" / "rows").Append({&value, 1, 1}).ok());
}

TEST(RowFileWriter, TellsWhenTheDiskIsFull) {
  RowFileWriter writer("/dev/full");
  absl::Status status;
  const std::vector<float> values(100'000);
  for (int i = 0; i < 10 && status.ok(); ++i) status = writer.Append({values.data(), 10'000, 10});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("No space left")));
}

}  // namespace
}  // namespace advae
