#include "model/scoring/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::StartsWith;
using testing::StatusIs;

class StagingAreaTest : public ::testing::Test {
 protected:
  // Makes the last change of a path two days old.
  static void Age(const fs::path& path) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(48));
  }

  // A staging folder of a process that has ended.
  fs::path FolderOfEndedProcess() {
    const pid_t child = fork();
    if (child == 0) _exit(staging_.NewFolder().ok() ? 0 : 1);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      if (entry.path().filename().string().starts_with(std::to_string(child) + "-")) return entry;
    }
    ADD_FAILURE() << "the process left no folder";
    return {};
  }

  testing::TemporaryFolder root_;
  fs::path folder_ = root_.path() / ".staging";
  StagingArea staging_{folder_};
};

TEST_F(StagingAreaTest, NamesTellTheProcessAndAreUnique) {
  std::set<fs::path> paths;
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK_AND_ASSIGN(const fs::path path, staging_.NewPath());
    EXPECT_THAT(path.filename().string(), StartsWith(std::to_string(getpid()) + "-"));
    EXPECT_FALSE(fs::exists(path));
    paths.insert(path);
  }
  EXPECT_EQ(paths.size(), 100);
}

TEST_F(StagingAreaTest, NewFolderIsEmpty) {
  ASSERT_OK_AND_ASSIGN(const fs::path path, staging_.NewFolder());
  EXPECT_EQ(path.parent_path(), folder_);
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_TRUE(fs::is_empty(path));
}

TEST_F(StagingAreaTest, RemovesWhatAnEndedProcessLeft) {
  const fs::path left = FolderOfEndedProcess();
  std::ofstream(left / "file") << "x";
  Age(left / "file");
  Age(left);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(StagingAreaTest, KeepsWhatChangedWithinADay) {
  const fs::path left = FolderOfEndedProcess();
  std::ofstream(left / "file") << "x";
  Age(left);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_TRUE(fs::exists(left)) << "its file is new";
}

TEST_F(StagingAreaTest, KeepsWhatALivingProcessMade) {
  ASSERT_OK_AND_ASSIGN(const fs::path own, staging_.NewFolder());
  Age(own);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_TRUE(fs::exists(own));
}

TEST_F(StagingAreaTest, AReusedProcessNumberProtectsNothing) {
  const fs::path left = folder_ / (std::to_string(getpid()) + "-1-0123456789abcdef");
  fs::create_directories(left);
  Age(left);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(StagingAreaTest, RemovesOldFilesOfAnyName) {
  fs::create_directories(folder_);
  for (const char* const name : {"stray", "-", "1--", "a-b-c-d"}) {
    std::ofstream(folder_ / name) << "x";
    Age(folder_ / name);
  }
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(StagingAreaTest, NothingIsStaleWithoutAFolder) {
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(StagingAreaTest, AnUnusableFolderIsReported) {
  std::ofstream(root_.path() / "file") << "x";
  const StagingArea staging(root_.path() / "file" / ".staging");
  EXPECT_THAT(staging.NewFolder(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Not a directory")));
}

}  // namespace
}  // namespace advae
