#include "server/base/file_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/time/time.h"
#include "server/base/steady_notification.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(1);
constexpr absl::Duration kLimit = absl::Seconds(60);

class FileWatchTest : public ::testing::Test {
 protected:
  void Write(const char* name, const char* text) { std::ofstream(folder_.path() / name) << text; }

  enum When { kBeforeStart, kWhileItRuns };

  // Whether a watch of the file "a" sees what `change` does to it.
  template <typename Change>
  bool Sees(Change change, When when = kWhileItRuns) {
    SteadyNotification seen;
    bool notified = false;  // of the watch's thread
    FileWatch watch({folder_.path() / "none", folder_.path() / "a"});
    if (when == kBeforeStart) change();
    watch.Start(kInterval, [&] {
      if (!notified) seen.Notify();
      notified = true;
      return true;
    });
    if (when == kWhileItRuns) change();
    return seen.WaitFor(kLimit);
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(FileWatchTest, SeesFilesWrittenReplacedGoneAndCome) {
  Write("a", "1");
  EXPECT_TRUE(Sees([this] { Write("a", "12"); }));
  Write("b", "ab");
  EXPECT_TRUE(
      Sees([this] { std::filesystem::rename(folder_.path() / "b", folder_.path() / "a"); }));
  EXPECT_TRUE(Sees([this] { std::filesystem::remove(folder_.path() / "a"); }));
  EXPECT_TRUE(Sees([this] { Write("a", ""); }));
}

// As when the file is being read for the first time.
TEST_F(FileWatchTest, SeesWhatHappensBeforeItBegins) {
  Write("a", "1");
  EXPECT_TRUE(Sees([this] { Write("a", "12"); }, kBeforeStart));
}

TEST_F(FileWatchTest, SeesAnotherModeOfAFile) {
  Write("a", "1");
  EXPECT_TRUE(Sees([this] {
    std::filesystem::permissions(folder_.path() / "a", std::filesystem::perms::owner_read);
  }));
}

TEST_F(FileWatchTest, TellsAgainUntilTheChangeIsTaken) {
  SteadyNotification taken;
  int calls = 0;  // of the watch's thread
  FileWatch watch({folder_.path() / "a"});
  watch.Start(kInterval, [&] {
    if (++calls == 3) taken.Notify();
    return calls >= 3;
  });
  Write("a", "1");
  EXPECT_TRUE(taken.WaitFor(kLimit));
}

// As Kubernetes replaces secrets.
TEST_F(FileWatchTest, SeesALinkThatLeadsElsewhere) {
  Write("1", "x");
  Write("2", "y");
  std::filesystem::create_symlink("1", folder_.path() / "a");
  EXPECT_TRUE(Sees([this] {
    std::filesystem::create_symlink("2", folder_.path() / "next");
    std::filesystem::rename(folder_.path() / "next", folder_.path() / "a");
  }));
}

}  // namespace
}  // namespace advae
