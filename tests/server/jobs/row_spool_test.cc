#include "server/jobs/row_spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

v1::Matrix Chunk(const std::vector<float>& values, uint32_t columns) {
  v1::Matrix matrix;
  matrix.mutable_values()->Add(values.begin(), values.end());
  matrix.set_columns(columns);
  return matrix;
}

class RowSpoolTest : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "rows";
};

TEST_F(RowSpoolTest, JoinsChunks) {
  RowSpool spool(path_, 1000);
  v1::Matrix first = Chunk({1, 2, 3, 4}, 2);
  first.add_feature_names("a");
  first.add_feature_names("b");
  ASSERT_THAT(spool.Append(first), IsOk());
  ASSERT_THAT(spool.Append(Chunk({5, 6}, 2)), IsOk());
  ASSERT_OK_AND_ASSIGN(const v1::RowFile rows, spool.Finish());
  EXPECT_EQ(rows.path(), path_.string());
  EXPECT_EQ(rows.rows(), 3);
  EXPECT_EQ(rows.columns(), 2);
  EXPECT_THAT(rows.feature_names(), ElementsAre("a", "b"));

  std::vector<float> values(6);
  std::ifstream file(path_, std::ios::binary);
  file.read(reinterpret_cast<char*>(values.data()), 6 * sizeof(float));
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(std::filesystem::file_size(path_), 6 * sizeof(float));
}

TEST_F(RowSpoolTest, RefusesOtherColumnsThanTheFirstChunk) {
  RowSpool spool(path_, 1000);
  ASSERT_THAT(spool.Append(Chunk({1, 2}, 2)), IsOk());
  EXPECT_THAT(
      spool.Append(Chunk({1, 2, 3}, 3)),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("3 columns; the first chunk had 2")));
}

TEST_F(RowSpoolTest, RefusesMoreThanItsLimit) {
  RowSpool spool(path_, 16);
  ASSERT_THAT(spool.Append(Chunk({1, 2, 3, 4}, 2)), IsOk());
  EXPECT_THAT(spool.Append(Chunk({5, 6}, 2)), StatusIs(absl::StatusCode::kResourceExhausted,
                                                       HasSubstr("16 bytes, 2 rows of 2 columns")));
}

TEST_F(RowSpoolTest, RefusesToFinishWithoutRows) {
  RowSpool spool(path_, 16);
  EXPECT_THAT(spool.Finish(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no training rows")));
}

TEST_F(RowSpoolTest, TellsWhenTheFileCannotBeWritten) {
  RowSpool spool(folder_.path() / "missing" / "rows", 16);
  EXPECT_FALSE(spool.Append(Chunk({1, 2}, 2)).ok());
}

TEST_F(RowSpoolTest, TellsWhenTheDiskIsFull) {
  RowSpool spool("/dev/full", uint64_t{1} << 30);
  absl::Status status;
  const v1::Matrix chunk = Chunk(std::vector<float>(100'000), 10);
  for (int i = 0; i < 10 && status.ok(); ++i) status = spool.Append(chunk);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("No space left")));
}

}  // namespace
}  // namespace advae
