#include "client/row_source.h"

#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The next chunk of `source`, or an empty matrix at its end.
absl::StatusOr<v1::Matrix> NextChunk(const RowSource& source) {
  v1::Matrix chunk;
  const absl::StatusOr<bool> more = source(chunk);
  if (!more.ok()) return more.status();
  EXPECT_EQ(*more, chunk.values_size() > 0);
  return chunk;
}

TEST(ChunkRows, KeepsChunksBelowAMegabyte) {
  EXPECT_EQ(ChunkRows(32, 1'000'000), 8192u);
  EXPECT_EQ(ChunkRows(32, 1024), 1024u);
  EXPECT_EQ(ChunkRows(1'000'000, 1024), 1u);
  EXPECT_EQ(ChunkRows(0, 1024), 1024u);
}

TEST(RowsOfMatrix, GivesAllRowsAndNamesOnce) {
  const std::vector<float> values{1, 2, 3, 4};
  const RowSource source = RowsOf({.values = values.data(), .rows = 2, .columns = 2}, {"a", "b"});
  ASSERT_OK_AND_ASSIGN(const v1::Matrix chunk, NextChunk(source));
  EXPECT_EQ(chunk.columns(), 2u);
  EXPECT_THAT(chunk.values(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(chunk.feature_names(), ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const v1::Matrix end, NextChunk(source));
  EXPECT_THAT(end.values(), IsEmpty());
}

TEST(RowsOfMatrix, SplitsLargeMatrices) {
  const Matrix rows{.values = std::vector<float>(300'000 * 2, 1), .columns = 2};
  const RowSource source = RowsOf(rows.view(), {"a", "b"});
  std::vector<int> sizes;
  std::vector<int> names;
  for (;;) {
    ASSERT_OK_AND_ASSIGN(const v1::Matrix chunk, NextChunk(source));
    if (chunk.values().empty()) break;
    sizes.push_back(chunk.values_size());
    names.push_back(chunk.feature_names_size());
  }
  EXPECT_THAT(sizes, ElementsAre(262144, 262144, 75712));
  EXPECT_THAT(names, ElementsAre(2, 0, 0));
}

TEST(RowsOfMatrix, NoRowsGiveNoChunk) {
  ASSERT_OK_AND_ASSIGN(const v1::Matrix end, NextChunk(RowsOf(MatrixView{.columns = 2})));
  EXPECT_THAT(end.values(), IsEmpty());
}

TEST(RowsOfDataSet, GivesFeaturesInChunksAndLabelsAside) {
  std::istringstream csv("a,label,b\n1,0,2\n3,1,4\n5,1,6\n");
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(csv, {.label_column = "label"}));
  std::vector<std::vector<bool>> labels;
  const RowSource source =
      RowsOf(reader, 2, [&](DataSet chunk) { labels.push_back(std::move(chunk.labels)); });
  ASSERT_OK_AND_ASSIGN(const v1::Matrix first, NextChunk(source));
  EXPECT_THAT(first.values(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(first.feature_names(), ElementsAre("a", "b"));
  ASSERT_OK_AND_ASSIGN(const v1::Matrix second, NextChunk(source));
  EXPECT_THAT(second.values(), ElementsAre(5, 6));
  EXPECT_THAT(second.feature_names(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const v1::Matrix end, NextChunk(source));
  EXPECT_THAT(end.values(), IsEmpty());
  EXPECT_THAT(labels, ElementsAre(std::vector<bool>{false, true}, std::vector<bool>{true}));
}

TEST(RowsOfDataSet, PassesErrorsOn) {
  std::istringstream csv("a\n1\nx\n");
  ASSERT_OK_AND_ASSIGN(DataSetReader reader, DataSetReader::Create(csv, {}));
  const RowSource source = RowsOf(reader, 10);
  ASSERT_OK_AND_ASSIGN(const v1::Matrix before, NextChunk(source));
  EXPECT_THAT(before.values(), ElementsAre(1));
  EXPECT_THAT(NextChunk(source), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 3")));
}

TEST(AssignRows, ReplacesTheContents) {
  v1::Matrix chunk;
  chunk.add_values(7);
  chunk.add_feature_names("old");
  const std::vector<float> values{1, 2, 3};
  AssignRows({.values = values.data(), .rows = 1, .columns = 3}, chunk);
  EXPECT_EQ(chunk.columns(), 3u);
  EXPECT_THAT(chunk.values(), ElementsAre(1, 2, 3));
  EXPECT_THAT(chunk.feature_names(), IsEmpty());
}

}  // namespace
}  // namespace advae
