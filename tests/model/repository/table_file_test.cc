#include "model/repository/table_file.h"

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

// A column "flow" of floats and a column "on" of booleans.
v1::Table Chunk(uint32_t rows) {
  v1::Table table;
  table.set_rows(rows);
  v1::TableColumn& flow = *table.add_columns();
  flow.set_name("flow");
  flow.set_floats(std::string(rows * sizeof(float), 'x'));
  v1::TableColumn& on = *table.add_columns();
  on.set_name("on");
  on.set_bools(std::string((rows + 7) / 8, '\x01'));
  return table;
}

class TableFileTest : public ::testing::Test {
 protected:
  v1::TableFile Write(const std::vector<v1::Table>& chunks) const {
    TableFileWriter writer(path_);
    for (const v1::Table& chunk : chunks) EXPECT_THAT(writer.Append(chunk), IsOk());
    return *writer.Finish();
  }
  // The rows of each chunk, or why they cannot be read.
  static absl::StatusOr<std::vector<uint32_t>> Read(const v1::TableFile& file) {
    auto reader = TableFileReader::Open(file);
    if (!reader.ok()) return reader.status();
    std::vector<uint32_t> rows;
    for (v1::Table chunk;;) {
      const absl::StatusOr<bool> more = reader->Next(chunk);
      if (!more.ok()) return more.status();
      if (!*more) return rows;
      rows.push_back(chunk.rows());
    }
  }

  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "table";
};

TEST_F(TableFileTest, ReadsTheChunksThatWereWritten) {
  TableFileWriter writer(path_);
  EXPECT_EQ(writer.rows(), 0);
  ASSERT_THAT(writer.Append(Chunk(30)), IsOk());
  ASSERT_THAT(writer.Append(Chunk(12)), IsOk());
  EXPECT_EQ(writer.rows(), 42);
  EXPECT_EQ(writer.columns(), 2);
  ASSERT_OK_AND_ASSIGN(const v1::TableFile file, writer.Finish());
  EXPECT_EQ(file.path(), path_.string());
  EXPECT_EQ(file.rows(), 42);
  EXPECT_EQ(file.columns(), 2);

  ASSERT_OK_AND_ASSIGN(TableFileReader reader, TableFileReader::Open(file));
  for (const uint32_t rows : {30, 12}) {
    v1::Table chunk;
    ASSERT_OK_AND_ASSIGN(const bool more, reader.Next(chunk));
    EXPECT_TRUE(more);
    EXPECT_EQ(chunk.SerializeAsString(), Chunk(rows).SerializeAsString());
  }
  v1::Table chunk;
  ASSERT_OK_AND_ASSIGN(const bool more, reader.Next(chunk));
  EXPECT_FALSE(more);
}

TEST_F(TableFileTest, RefusesOtherColumnsThanTheFirstChunk) {
  TableFileWriter writer(path_);
  ASSERT_THAT(writer.Append(Chunk(3)), IsOk());
  v1::Table wider = Chunk(3);
  *wider.add_columns() = wider.columns(0);
  EXPECT_THAT(writer.Append(wider), StatusIs(absl::StatusCode::kInvalidArgument,
                                             "the table has 3 columns; the first chunk had 2"));
  v1::Table renamed = Chunk(3);
  renamed.mutable_columns(1)->set_name("off");
  EXPECT_THAT(writer.Append(renamed),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column 1 is \"off\" (bools); in the first chunk it was \"on\" (bools)"));
  v1::Table retyped = Chunk(3);
  retyped.mutable_columns(0)->set_doubles(std::string(24, 'x'));
  EXPECT_THAT(
      writer.Append(retyped),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "column 0 is \"flow\" (doubles); in the first chunk it was \"flow\" (floats)"));
  v1::Table swapped = Chunk(3);
  swapped.mutable_columns()->SwapElements(0, 1);
  EXPECT_THAT(writer.Append(swapped),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "column 0 is \"on\" (bools); in the first chunk it was \"flow\" (floats)"));
  EXPECT_EQ(writer.rows(), 3);
}

TEST_F(TableFileTest, RefusesMoreThanItsLimit) {
  const uint64_t chunk_bytes = Chunk(2).ByteSizeLong() + 10;
  TableFileWriter writer(path_, /*max_bytes=*/chunk_bytes);
  ASSERT_THAT(writer.Append(Chunk(2)), IsOk());
  EXPECT_THAT(writer.Append(Chunk(2)),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("too many training rows: the limit is " +
                                 std::to_string(chunk_bytes) + " bytes, and 2 rows take")));
}

TEST_F(TableFileTest, TellsWhenTheFileCannotBeWritten) {
  EXPECT_FALSE(TableFileWriter(folder_.path() / "missing" / "table").Append(Chunk(1)).ok());
}

TEST_F(TableFileTest, TellsWhenTheDiskIsFull) {
  TableFileWriter writer("/dev/full");
  absl::Status status;
  for (int i = 0; i < 10 && status.ok(); ++i) status = writer.Append(Chunk(100'000));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("No space left")));
}

TEST_F(TableFileTest, WantsTwoRowsAndAColumn) {
  EXPECT_THAT(Read(Write({Chunk(1)})), StatusIs(absl::StatusCode::kInvalidArgument,
                                                "expected at least 2 training rows, got 1"));
  EXPECT_THAT(Read(Write({})),
              StatusIs(absl::StatusCode::kInvalidArgument, "the training table has no columns"));
}

TEST_F(TableFileTest, MissingFileIsNotFound) {
  v1::TableFile file = Write({Chunk(2)});
  file.set_path((folder_.path() / "none").string());
  EXPECT_THAT(Read(file), StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

TEST_F(TableFileTest, RowsMustBeThoseOfTheChunks) {
  v1::TableFile file = Write({Chunk(3), Chunk(4)});
  EXPECT_THAT(*Read(file), ElementsAre(3, 4));
  file.set_rows(8);
  EXPECT_THAT(Read(file), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("lacks 1 rows")));
  file.set_rows(6);
  EXPECT_THAT(Read(file), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("more rows")));
}

TEST_F(TableFileTest, ACutOrOtherFileIsDamaged) {
  const v1::TableFile file = Write({Chunk(30), Chunk(30)});
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  EXPECT_THAT(Read(file), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("is damaged")));
  std::ofstream(path_, std::ios::binary) << std::string(100, '\x0f');
  EXPECT_THAT(Read(file), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("is damaged")));
}

}  // namespace
}  // namespace advae
