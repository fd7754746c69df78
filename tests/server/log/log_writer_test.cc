#include "server/log/log_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/testing/output_collector.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::OutputCollector;

std::string Dropped(uint64_t count) { return absl::StrCat("dropped ", count); }

class LogWriterTest : public ::testing::Test {
 protected:
  LogWriterTest() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    read_end_ = ends[0];
    write_end_ = ends[1];
  }
  ~LogWriterTest() override { close(write_end_); }

  int read_end_;
  int write_end_;
};

TEST_F(LogWriterTest, WritesAllLinesInOrder) {
  std::string expected;
  {
    LogWriter writer(write_end_, 1 << 20, Dropped);
    for (int i = 0; i < 1000; ++i) {
      writer.Write(absl::StrCat("line ", i));
      absl::StrAppend(&expected, "line ", i, "\n");
    }
    EXPECT_EQ(writer.dropped(), 0);
  }
  close(write_end_);
  write_end_ = -1;
  const OutputCollector output(read_end_);
  ASSERT_TRUE(output.WaitForEnd(absl::Seconds(60)).ok());
  EXPECT_EQ(output.text(), expected);
}

TEST_F(LogWriterTest, AReaderThatStopsReadingHoldsUpNobody) {
  const std::string line(1000, 'a');
  constexpr int kLines = 10'000;  // far more than pipe and bound together
  LogWriter writer(write_end_, 1 << 16, Dropped);
  for (int i = 0; i < kLines; ++i) writer.Write(line);  // would never end
  EXPECT_FALSE(writer.Flush(absl::ZeroDuration()));
  const uint64_t dropped = writer.dropped();
  EXPECT_GT(dropped, kLines / 2);

  const OutputCollector output(read_end_);  // reads again
  ASSERT_TRUE(output.WaitFor(absl::StrCat("\ndropped ", dropped, "\n"), absl::Seconds(60)).ok());
  writer.Write("later");
  EXPECT_TRUE(writer.Flush(absl::Seconds(60)));
  ASSERT_TRUE(output.WaitFor("later\n", absl::Seconds(60)).ok());
  EXPECT_EQ(writer.dropped(), dropped);
  EXPECT_EQ(output.text().size(), (kLines - dropped) * (line.size() + 1) + Dropped(dropped).size() +
                                      1 + std::string("later\n").size());
  close(write_end_);
  write_end_ = -1;
}

TEST_F(LogWriterTest, WaitsForADescriptorThatDoesNotBlock) {
  ASSERT_EQ(fcntl(write_end_, F_SETFL, O_NONBLOCK), 0);
  LogWriter writer(write_end_, 1 << 20, Dropped);
  for (int i = 0; i < 200; ++i) writer.Write(std::string(1000, 'a'));
  const OutputCollector output(read_end_);
  EXPECT_TRUE(writer.Flush(absl::Seconds(60)));
  EXPECT_EQ(writer.dropped(), 0);
  close(write_end_);
  write_end_ = -1;
}

TEST_F(LogWriterTest, TellsOfWhatNeverCame) {
  LogWriter writer(write_end_, 1 << 20, Dropped);
  writer.Drop();
  EXPECT_EQ(writer.dropped(), 1);
  writer.Write("line");
  const OutputCollector output(read_end_);
  EXPECT_TRUE(output.WaitFor(absl::StrCat("line\n", Dropped(1), "\n"), absl::Seconds(60)).ok());
  close(write_end_);
  write_end_ = -1;
}

TEST_F(LogWriterTest, CountsWhatIsRefused) {
  signal(SIGPIPE, SIG_IGN);
  close(read_end_);
  LogWriter writer(write_end_, 1 << 20, Dropped);
  for (int i = 0; i < 3; ++i) writer.Write("line");
  EXPECT_TRUE(writer.Flush(absl::Seconds(60)));
  EXPECT_EQ(writer.dropped(), 3);
}

}  // namespace
}  // namespace advae
