#include "model/base/file_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;
using testing::TemporaryFolder;

TEST(FileErrorTest, MapsWhatCallersTellApart) {
  EXPECT_THAT(
      FileError("write", "/a/b", ENOSPC),
      StatusIs(absl::StatusCode::kResourceExhausted, "cannot write /a/b: No space left on device"));
  EXPECT_THAT(FileError("write", "/a/b", EDQUOT),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("quota")));
  EXPECT_THAT(FileError("open", "/a/b", ENOENT),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("No such file")));
  EXPECT_THAT(FileError("rename", "/a/b", ENOTEMPTY),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("/a/b")));
  EXPECT_THAT(FileError("create", "/a/b", EACCES),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Permission denied")));
  EXPECT_THAT(FileError("create", "/a/b", EROFS),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Read-only")));
}

TEST(FileIoTest, ReadsWhatWasWritten) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  const std::string bytes("a\0b\n", 4);
  ASSERT_THAT(WriteFileSynced(path, std::string(100'000, 'x')), IsOk());
  ASSERT_THAT(WriteFileSynced(path, bytes), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string read, ReadFile(path));
  EXPECT_EQ(read, bytes);
  ASSERT_THAT(WriteFileSynced(path, ""), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string empty, ReadFile(path));
  EXPECT_EQ(empty, "");
}

TEST(FileIoTest, ReadFileNeedsAFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(ReadFile(folder.path() / "none"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("cannot open")));
  EXPECT_THAT(ReadFile(folder.path()),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Is a directory")));
}

TEST(FileIoTest, AFullDiskIsReported) {
  EXPECT_THAT(WriteFileSynced("/dev/full", "x"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "cannot write /dev/full: No space left on device"));
}

TEST(FileIoTest, AMissingFolderIsReported) {
  EXPECT_THAT(WriteFileSynced("/nowhere/file", "x"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("cannot create /nowhere/file")));
  EXPECT_THAT(SyncFolder("/nowhere"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/nowhere")));
  EXPECT_THAT(CreateFolder("/nowhere/folder"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("cannot create folder")));
}

TEST(ReplaceFileTest, ReplacesAndLeavesNothingElse) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "file";
  ASSERT_THAT(ReplaceFile(folder.path() / "new1", path, "one"), IsOk());
  ASSERT_THAT(ReplaceFile(folder.path() / "new2", path, "two"), IsOk());
  EXPECT_EQ(*ReadFile(path), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(ReplaceFileTest, KeepsTheOldFileWhenItFails) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "folder";
  fs::create_directories(path / "inside");
  EXPECT_THAT(ReplaceFile(folder.path() / "new", path, "x"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Is a directory")));
  EXPECT_TRUE(fs::exists(path / "inside"));
  EXPECT_FALSE(fs::exists(folder.path() / "new"));
}

TEST(RenameTest, DoesNotReplaceAFolderWithContents) {
  const TemporaryFolder folder;
  fs::create_directories(folder.path() / "from/a");
  fs::create_directories(folder.path() / "to/b");
  EXPECT_THAT(Rename(folder.path() / "from", folder.path() / "to"),
              StatusIs(absl::StatusCode::kAlreadyExists,
                       AllOf(HasSubstr("cannot rename"), HasSubstr("from"), HasSubstr("to"))));
  EXPECT_TRUE(fs::exists(folder.path() / "from/a"));
  EXPECT_TRUE(fs::exists(folder.path() / "to/b"));
}

TEST(FileIoTest, CreateFolderAndRemoveAllRepeat) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "a";
  EXPECT_THAT(CreateFolder(path), IsOk());
  EXPECT_THAT(CreateFolder(path), IsOk());
  ASSERT_THAT(WriteFileSynced(path / "file", "x"), IsOk());
  EXPECT_THAT(SyncFolder(path), IsOk());
  EXPECT_THAT(RemoveAll(path), IsOk());
  EXPECT_THAT(RemoveAll(path), IsOk());
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace advae
