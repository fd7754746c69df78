#include "model/worker/confinement.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kConfines = false;
#else
constexpr bool kConfines = true;
#endif

// Exit codes of the confined processes.
constexpr int kAsExpected = 0;
constexpr int kOtherwise = 1;
constexpr int kNotSupported = 77;

// Ends this process, which is that of a death test, with what came of confining it.
template <typename Check>
[[noreturn]] void EndWith(const absl::Status& confined, Check check) {
  if (absl::IsUnimplemented(confined)) _exit(kNotSupported);
  _exit(confined.ok() && check() ? kAsExpected : kOtherwise);
}

bool IsExpectedOrNotSupported(int status) {
  return WIFEXITED(status) &&
         (WEXITSTATUS(status) == kAsExpected || WEXITSTATUS(status) == kNotSupported);
}

// Whether opening fails for want of the right.
bool IsDenied(const fs::path& path, int flags) {
  return open(path.c_str(), flags, 0600) < 0 && errno == EACCES;
}
bool Opens(const fs::path& path, int flags) { return open(path.c_str(), flags, 0600) >= 0; }

class ConfinementDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!kConfines) GTEST_SKIP() << "not with sanitizers";
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    for (const char* name : {"read", "rename", "write", "other"}) {
      fs::create_directories(folder_.path() / name);
      std::ofstream(folder_.path() / name / "file") << "text";
    }
    files_ = {
        .read = {Path("read"), Path("none")}, .rename = {Path("rename")}, .write = {Path("write")}};
  }

  fs::path Path(const std::string& name) const { return folder_.path() / name; }

  testing::TemporaryFolder folder_;
  NeededFiles files_;
};

TEST_F(ConfinementDeathTest, LeavesTheNeededFilesOnly) {
  EXPECT_EXIT(EndWith(ConfineFiles(files_),
                      [&] {
                        return IsDenied("/etc/passwd", O_RDONLY) &&
                               IsDenied(Path("other/file"), O_RDONLY) &&
                               Opens(Path("read/file"), O_RDONLY) &&
                               IsDenied(Path("read/file"), O_WRONLY) &&
                               IsDenied(Path("read/new"), O_WRONLY | O_CREAT) &&
                               Opens(Path("write/file"), O_RDWR) &&
                               Opens(Path("write/new"), O_RDWR | O_CREAT) &&
                               IsDenied("/usr/new", O_WRONLY | O_CREAT) &&
                               Opens("/proc/self/status", O_RDONLY);
                      }),
              IsExpectedOrNotSupported, "");
}

TEST_F(ConfinementDeathTest, PublishesByARename) {
  EXPECT_EXIT(EndWith(ConfineFiles(files_),
                      [&] {
                        fs::create_directory(Path("write/version"));
                        std::ofstream(Path("write/version/new")) << "text";
                        std::error_code error;
                        fs::create_directory(Path("rename/model"), error);
                        if (error) return false;
                        fs::rename(Path("write/version"), Path("rename/model/1"), error);
                        return !error && Opens(Path("rename/model/1/new"), O_RDONLY) &&
                               IsDenied(Path("rename/model/1/new"), O_WRONLY) &&
                               IsDenied(Path("rename/file"), O_WRONLY);
                      }),
              IsExpectedOrNotSupported, "");
}

TEST_F(ConfinementDeathTest, HoldsForLaterThreads) {
  EXPECT_EXIT(EndWith(ConfineFiles(files_),
                      [] {
                        bool is_denied = false;
                        std::thread([&] { is_denied = IsDenied("/etc/passwd", O_RDONLY); }).join();
                        return is_denied;
                      }),
              IsExpectedOrNotSupported, "");
}

TEST_F(ConfinementDeathTest, LeavesNoNetworkProgramsAndOtherProcesses) {
  EXPECT_EXIT(
      EndWith(ConfineSystemCalls(),
              [] {
                const auto fails = [](int64_t result) { return result < 0 && errno == EPERM; };
                const rlimit limit = {.rlim_cur = 1, .rlim_max = 1};
                return fails(socket(AF_INET, SOCK_STREAM, 0)) &&
                       fails(socket(AF_UNIX, SOCK_STREAM, 0)) &&
                       fails(execl("/bin/true", "true", nullptr)) && fails(kill(getppid(), 0)) &&
                       fails(prlimit(getppid(), RLIMIT_CORE, &limit, nullptr));
              }),
      IsExpectedOrNotSupported, "");
}

bool IsForbidden(int64_t result) { return result < 0 && errno == EPERM; }

TEST_F(ConfinementDeathTest, LeavesNoOtherProcessesToSignalOrMake) {
  EXPECT_EXIT(
      EndWith(ConfineSystemCalls(),
              [] {
                siginfo_t info = {};
                info.si_code = SI_QUEUE;
                const auto other = getppid();
                return IsForbidden(syscall(SYS_rt_sigqueueinfo, other, 0, &info)) &&
                       IsForbidden(syscall(SYS_rt_tgsigqueueinfo, other, other, 0, &info)) &&
                       syscall(SYS_rt_sigqueueinfo, getpid(), 0, &info) == 0 &&
                       IsForbidden(fork()) &&
                       IsForbidden(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) &&
                       syscall(SYS_clone3, nullptr, 0) < 0 && errno == ENOSYS;
              }),
      IsExpectedOrNotSupported, "");
}

// Confines the system calls while another thread runs, and ends.
[[noreturn]] void ConfineBesideAThread() {
  std::promise<void> confined;
  bool is_forbidden = false;
  std::thread other([&] {
    confined.get_future().wait();
    is_forbidden = IsForbidden(socket(AF_UNIX, SOCK_STREAM, 0));
  });
  const absl::Status status = ConfineSystemCalls();
  confined.set_value();
  other.join();
  EndWith(status, [&] { return is_forbidden; });
}

[[noreturn]] void ConfineFilesBesideAThread(const NeededFiles& files) {
  std::promise<void> ended;
  std::thread other([&] { ended.get_future().wait(); });
  const absl::Status status = ConfineFiles(files);
  const bool is_reported = absl::IsFailedPrecondition(status);
  ended.set_value();
  other.join();
  EndWith(is_reported ? absl::OkStatus() : status, [&] { return is_reported; });
}

TEST_F(ConfinementDeathTest, SystemCallsOfThreadsThatRunAlready) {
  EXPECT_EXIT(ConfineBesideAThread(), IsExpectedOrNotSupported, "");
}

TEST_F(ConfinementDeathTest, SaysThatFilesOfThreadsThatRunAlreadyAreNotConfined) {
  EXPECT_EXIT(ConfineFilesBesideAThread(files_), IsExpectedOrNotSupported, "");
}

TEST_F(ConfinementDeathTest, LeavesThreadsLimitsAndTheOwnEnd) {
  EXPECT_EXIT(EndWith(ConfineSystemCalls(),
                      [] {
                        bool ran = false;
                        std::thread([&ran] { ran = true; }).join();
                        rlimit limit = {};
                        return ran && getrlimit(RLIMIT_CORE, &limit) == 0;
                      }),
              IsExpectedOrNotSupported, "");
  EXPECT_EXIT(
      {
        ConfineSystemCalls().IgnoreError();
        abort();
      },
      ::testing::KilledBySignal(SIGABRT), "");
}

}  // namespace
}  // namespace advae
