#include "tests/testing/process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {
namespace {

using Line = std::optional<std::string>;

ProcessOptions Shell(const std::string& script) {
  return {.program = "/bin/sh", .arguments = {"-c", script}};
}

TEST(ProcessTest, CapturesOutputAndErrors) {
  ASSERT_OK_AND_ASSIGN(auto process, Process::Start(Shell("echo one; echo bad >&2; printf two")));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(0));
  EXPECT_EQ(process->output(), "one\ntwo");
  EXPECT_EQ(process->errors(), "bad\n");
}

TEST(ProcessTest, ReadsLines) {
  ASSERT_OK_AND_ASSIGN(auto process, Process::Start(Shell("echo one; printf two")));
  ASSERT_OK_AND_ASSIGN(const Line first, process->ReadLine());
  ASSERT_OK_AND_ASSIGN(const Line second, process->ReadLine());
  ASSERT_OK_AND_ASSIGN(const Line third, process->ReadLine());
  EXPECT_EQ(first, "one");
  EXPECT_EQ(second, "two");
  EXPECT_EQ(third, std::nullopt);
}

TEST(ProcessTest, GivesInputEnvironmentAndFolder) {
  const TemporaryFolder folder;
  ProcessOptions options = Shell("cat; echo $ADVAE_A; pwd");
  options.environment = {{"ADVAE_A", "b"}};
  options.working_folder = folder.path();
  options.input = "text\n";
  ASSERT_OK_AND_ASSIGN(auto process, Process::Start(options));
  ASSERT_THAT(process->Wait(), IsOk());
  EXPECT_EQ(process->output(), "text\nb\n" + folder.path().string() + "\n");
}

TEST(ProcessTest, TellsHowItEnded) {
  ASSERT_OK_AND_ASSIGN(auto exits, Process::Start(Shell("exit 3")));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd exit, exits->Wait());
  EXPECT_EQ(exit, Exited(3));

  ASSERT_OK_AND_ASSIGN(auto waits, Process::Start(Shell("exec tail -f /dev/null")));
  EXPECT_THAT(waits->Wait(absl::ZeroDuration()),
              StatusIs(absl::StatusCode::kDeadlineExceeded, ::testing::HasSubstr("not ended")));
  waits->Signal(SIGKILL);
  ASSERT_OK_AND_ASSIGN(const ProcessEnd killed, waits->Wait());
  EXPECT_EQ(killed, Killed(SIGKILL));
}

TEST(ProcessTest, WaitsForTextOnErrors) {
  ASSERT_OK_AND_ASSIGN(auto process, Process::Start(Shell("echo ready >&2; exec cat")));
  EXPECT_THAT(process->WaitForError("ready"), IsOk());
  EXPECT_THAT(process->WaitForError("never"),
              StatusIs(absl::StatusCode::kOutOfRange, ::testing::HasSubstr("ready")));
}

TEST(ProcessTest, FindsChildrenAndEndsThemWithItself) {
  pid_t child = 0;
  {
    ASSERT_OK_AND_ASSIGN(auto process,
                         Process::Start(Shell("tail -f /dev/null & echo started; wait")));
    ASSERT_OK_AND_ASSIGN(const Line line, process->ReadLine());
    ASSERT_EQ(line, "started");
    ASSERT_EQ(process->Children().size(), 1);
    child = process->Children().front();
    EXPECT_THAT(WaitForEnd(child, absl::ZeroDuration()),
                StatusIs(absl::StatusCode::kDeadlineExceeded, ::testing::_));
  }
  EXPECT_THAT(WaitForEnd(child), IsOk());
}

TEST(ProcessTest, ReportsAMissingProgram) {
  EXPECT_THAT(Process::Start({.program = "/no/such/program"}),
              StatusIs(absl::StatusCode::kInternal, ::testing::HasSubstr("No such file")));
}

}  // namespace
}  // namespace advae::testing
