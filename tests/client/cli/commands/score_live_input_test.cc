// `advae score` of rows that come one after the other.

#include <algorithm>
#include <sstream>
#include <streambuf>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/cli/cli.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::testing::HasSubstr;

// Input that a test writes while the command runs.
class LiveInput : public std::streambuf {
 public:
  void Write(const std::string& text) {
    absl::MutexLock lock(&mutex_);
    text_ += text;
  }
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

 protected:
  int_type underflow() override {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](LiveInput* input) ABSL_EXCLUSIVE_LOCKS_REQUIRED(input->mutex_) {
          return input->closed_ || !input->text_.empty();
        },
        this));
    block_ = std::exchange(text_, "");
    setg(block_.data(), block_.data(), block_.data() + block_.size());
    return block_.empty() ? traits_type::eof() : traits_type::to_int_type(block_.front());
  }
  std::streamsize showmanyc() override {
    absl::MutexLock lock(&mutex_);
    return closed_ || !text_.empty() ? 1 : 0;
  }

 private:
  absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::string block_;
};

// Output that a test waits for.
class LiveOutput : public std::stringbuf {
 public:
  // The first `count` lines, once they are there.
  std::string WaitForLines(int count) {
    absl::MutexLock lock(&mutex_);
    const auto are_there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return std::ranges::count(flushed_, '\n') >= count;
    };
    mutex_.Await(absl::Condition(&are_there));
    return flushed_;
  }

 protected:
  int sync() override {
    absl::MutexLock lock(&mutex_);
    flushed_ = str();
    return 0;
  }

 private:
  absl::Mutex mutex_;
  std::string flushed_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(CliTest, ScoreAnswersLiveInputRowByRow) {
  for (const std::string format : {"csv", "table", "jsonl"}) {
    LiveInput input;
    LiveOutput output;
    std::istream in(&input);
    std::ostream out(&output);
    std::ostringstream err;
    const std::string server = "--server=" + server_.address();
    const std::string flag = "--output=" + format;
    const char* const argv[] = {"advae", "score", "pump", "--data=-", flag.c_str(), server.c_str()};
    int exit_code = -1;
    std::thread command(
        [&] { exit_code = RunCli(6, argv, {.in = in, .out = out, .err = err}, cancellation_); });
    const int header = format == "jsonl" ? 0 : 1;
    input.Write("flow,heat\n");
    // Each row is answered before the next one is written.
    for (int i = 0; i < 3; ++i) {
      input.Write("1," + std::to_string(i) + "\n2,");
      EXPECT_THAT(output.WaitForLines(header + 1 + 2 * i), HasSubstr(std::to_string(2 * i)));
      input.Write(std::to_string(i) + "\n\n");
      output.WaitForLines(header + 2 + 2 * i);
    }
    input.Close();
    command.join();
    EXPECT_EQ(exit_code, kExitSuccess) << err.str();
  }
}

}  // namespace
}  // namespace advae
