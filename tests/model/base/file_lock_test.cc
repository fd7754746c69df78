#include "model/base/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

class FileLockTest : public ::testing::Test {
 protected:
  bool IsFree() { return FileLock::TryExisting(path_)->has_value(); }

  testing::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path() / "lock";
};

TEST_F(FileLockTest, KeepsOthersOutAsLongAsItLives) {
  {
    ASSERT_OK_AND_ASSIGN(FileLock lock, FileLock::Acquire(path_, absl::ZeroDuration()));
    EXPECT_FALSE(IsFree());
    EXPECT_THAT(FileLock::Acquire(path_, absl::Milliseconds(3)),
                StatusIs(absl::StatusCode::kUnavailable, HasSubstr("for 3ms")));
    const FileLock moved = std::move(lock);
    EXPECT_FALSE(IsFree());
  }
  EXPECT_TRUE(IsFree());
}

TEST_F(FileLockTest, WaitsForItsTurn) {
  std::optional<FileLock> lock = *FileLock::Acquire(path_, absl::ZeroDuration());
  std::thread waiter([&] { EXPECT_THAT(FileLock::Acquire(path_, absl::Minutes(1)), IsOk()); });
  lock.reset();
  waiter.join();
}

TEST_F(FileLockTest, IsFreeWhenItsHolderIsKilled) {
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = FileLock::Acquire(path_, absl::ZeroDuration());
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(IsFree());
}

TEST_F(FileLockTest, ARemovedFileIsNoLock) {
  EXPECT_THAT(FileLock::TryExisting(path_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("lock")));
  ASSERT_OK_AND_ASSIGN(FileLock lock, FileLock::Acquire(path_, absl::ZeroDuration()));
  std::move(lock).RemoveFile();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THAT(FileLock::Acquire(path_, absl::ZeroDuration()), IsOk());
}

}  // namespace
}  // namespace advae
