#include "model/repository/staging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

class StagingAreaTest : public ::testing::Test {
 protected:
  // Makes the last change of a path two days old.
  static void Age(const fs::path& path) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(48));
  }

  // A staging folder of a process that was killed.
  fs::path FolderOfKilledProcess() {
    const pid_t child = fork();
    if (child == 0) {
      const StagingArea own(root_.path());
      if (!own.NewFolder().ok()) _exit(1);
      raise(SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) return entry;
    ADD_FAILURE() << "the process left no folder";
    return {};
  }
  size_t Locks() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(root_.path() / ".locks"), {}));
  }

  testing::TemporaryFolder root_;
  fs::path folder_ = root_.path() / ".staging";
  StagingArea staging_{root_.path()};
};

TEST_F(StagingAreaTest, NamesTellTheOwnerAndAreUnique) {
  std::set<fs::path> paths;
  std::set<std::string> owners;
  for (int i = 0; i < 100; ++i) {
    ASSERT_OK_AND_ASSIGN(const fs::path path, staging_.NewPath());
    owners.insert(path.filename().string().substr(0, 16));
    EXPECT_FALSE(fs::exists(path));
    paths.insert(path);
  }
  EXPECT_EQ(paths.size(), 100);
  EXPECT_EQ(owners.size(), 1);
  EXPECT_TRUE(fs::exists(root_.path() / ".locks" / (".owner-" + *owners.begin())));
}

TEST_F(StagingAreaTest, NewFolderIsEmpty) {
  ASSERT_OK_AND_ASSIGN(const fs::path path, staging_.NewFolder());
  EXPECT_EQ(path.parent_path(), folder_);
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_TRUE(fs::is_empty(path));
}

TEST_F(StagingAreaTest, RemovesAtOnceWhatAKilledProcessLeft) {
  const fs::path left = FolderOfKilledProcess();
  std::ofstream(left / "file") << "x";
  EXPECT_EQ(Locks(), 1);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_EQ(Locks(), 0);
}

TEST_F(StagingAreaTest, RemovesWhatHasLostItsOwner) {
  const fs::path left = FolderOfKilledProcess();
  fs::remove_all(root_.path() / ".locks");
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(StagingAreaTest, KeepsWhatALivingOwnerMadeHoweverOld) {
  const StagingArea other(root_.path());
  ASSERT_OK_AND_ASSIGN(const fs::path theirs, other.NewFolder());
  ASSERT_OK_AND_ASSIGN(const fs::path own, staging_.NewFolder());
  Age(own);
  Age(theirs);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_TRUE(fs::exists(own));
  EXPECT_TRUE(fs::exists(theirs));
}

TEST_F(StagingAreaTest, AnOwnerThatEndsTakesItsLockAlong) {
  {
    const StagingArea other(root_.path());
    ASSERT_THAT(other.NewPath(), IsOk());
    const StagingArea copy = other;
    EXPECT_EQ(Locks(), 1);
  }
  EXPECT_EQ(Locks(), 0);
}

// Of releases whose entries are called <pid>-<start time>-<random>.
TEST_F(StagingAreaTest, KeepsEntriesOfOlderReleasesForADay) {
  const fs::path left = folder_ / (std::to_string(getpid()) + "-1-0123456789abcdef");
  fs::create_directories(left);
  std::ofstream(left / "file") << "x";
  Age(left);
  EXPECT_THAT(staging_.RemoveStale(), IsOk());
  EXPECT_TRUE(fs::exists(left)) << "its file is new";
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
  const StagingArea staging(root_.path() / "file");
  EXPECT_THAT(staging.NewFolder(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Not a directory")));
}

}  // namespace
}  // namespace advae
