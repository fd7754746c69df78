#include "server/jobs/worker_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "server/log/log.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kStart = absl::FromUnixSeconds(1000);

class WorkerLinesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(ConfigureLog("info", "text"), testing::IsOk());
    ::testing::internal::CaptureStderr();
  }
  static std::string Logged() {
    FlushLog(absl::Seconds(60));
    return ::testing::internal::GetCapturedStderr();
  }

  WorkerLines lines_{"pump"};
};

TEST_F(WorkerLinesTest, AMessageIsALine) {
  lines_.Take("fir", kStart);
  lines_.Take("st\n\nsec", kStart);
  lines_.Take("ond", kStart);
  lines_.End(kStart);
  const std::string log = Logged();
  EXPECT_EQ(std::ranges::count(log, '\n'), 2);
  EXPECT_THAT(log, HasSubstr(" warning worker message model=pump message=first\n"));
  EXPECT_THAT(log, EndsWith(" warning worker message model=pump message=second\n"));
}

TEST_F(WorkerLinesTest, NothingIsNoLine) {
  lines_.Take("", kStart);
  lines_.End(kStart);
  EXPECT_THAT(Logged(), IsEmpty());
}

TEST_F(WorkerLinesTest, ALineThatIsTooLongIsCut) {
  // 500 characters of two bytes, an odd one, and more without an end.
  std::string line = "-";
  for (int i = 0; i < 600; ++i) line += "\u00e4";
  for (const char byte : line) lines_.Take({&byte, 1}, kStart);
  lines_.Take(std::string(1 << 20, 'a'), kStart);
  lines_.Take("\nnext\n", kStart);
  const std::string log = Logged();
  std::string shown = "-";
  for (int i = 0; i < 511; ++i) shown += "\u00e4";
  EXPECT_THAT(log, HasSubstr("message=\"" + shown + "... (1049777 bytes)\"\n"));
  EXPECT_THAT(log, EndsWith("message=next\n"));
}

TEST_F(WorkerLinesTest, AFloodIsHeldBackAndCounted) {
  for (int i = 0; i < 1000; ++i) lines_.Take("a\n", kStart);
  lines_.Take("later\n", kStart + absl::Seconds(1));
  for (int i = 0; i < 100; ++i) lines_.Take("a\n", kStart + absl::Seconds(1));
  lines_.End(kStart + absl::Seconds(1));
  const std::string log = Logged();
  EXPECT_EQ(std::ranges::count(log, '\n'), 2 * WorkerLines::kLinesPerSecond + 1);
  EXPECT_THAT(log, HasSubstr("message=later held_back=980\n"));
  EXPECT_THAT(log, EndsWith(" warning worker messages held back model=pump count=81\n"));
}

}  // namespace
}  // namespace advae
