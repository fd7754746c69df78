// Commands whose call ends while they wait for input.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <istream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/cli/cancellable_input.h"
#include "client/cli/cli.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/base/file_descriptor.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::testing::HasSubstr;

class SlowInputTest : public CliTest {
 protected:
  SlowInputTest() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    reader_ = FileDescriptor(ends[0]);
    writer_ = FileDescriptor(ends[1]);
  }

  // Runs a command on standard input that begins with some rows and goes on for ever.
  int Run(std::vector<std::string> words, std::ostream& out) {
    // As many as a training reads before its call, to find out what the columns are.
    std::string rows = "flow,heat\n";
    for (size_t i = 0; i < kRows; ++i) rows += "1,2\n";
    EXPECT_EQ(write(writer_.get(), rows.data(), rows.size()), static_cast<ssize_t>(rows.size()));
    CancellableInput input(reader_.get(), stop_->descriptor());
    std::istream in(&input);
    words.insert(words.begin(), "advae");
    words.push_back("--server=" + server_.address());
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    return RunCli(static_cast<int>(argv.size()), argv.data(),
                  {.in = in, .out = out, .err = err_, .stop = stop_}, cancellation_);
  }
  int Run(std::vector<std::string> words) { return Run(std::move(words), out_); }

  // A named pipe with these rows, whose writer stays.
  std::string Fifo(const std::string& rows) {
    const std::string path = folder_.path() / "fifo";
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    fifo_ = FileDescriptor(open(path.c_str(), O_RDWR));
    EXPECT_EQ(write(fifo_.get(), rows.data(), rows.size()), static_cast<ssize_t>(rows.size()));
    return path;
  }

  // Refuses a training or import that waits for more rows.
  static grpc::Status Refuse(size_t values) {
    if (values < 2 * kRows) return grpc::Status::OK;
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "refused"};
  }

  static constexpr size_t kRows = 5000;

  const std::shared_ptr<const InputStop> stop_ = std::make_shared<InputStop>();
  FileDescriptor reader_;
  FileDescriptor writer_;
  FileDescriptor fifo_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(SlowInputTest, ScoreTellsThatTheServerHasRefused) {
  server_.detector.before_scoring = [] { return Refuse(2 * kRows); };
  EXPECT_EQ(Run({"score", "pump", "--data=-"}), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("RESOURCE_EXHAUSTED: refused"));
}

TEST_F(SlowInputTest, ScoreTellsThatItsOutputIsFull) {
  std::ofstream full("/dev/full");
  EXPECT_EQ(Run({"score", "pump", "--data=-"}, full), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("cannot write to standard output"));
}

TEST_F(SlowInputTest, TrainTellsThatTheServerHasRefused) {
  server_.detector.after_message = Refuse;
  EXPECT_EQ(Run({"train", "pump", "--data=-"}), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("RESOURCE_EXHAUSTED: refused"));
}

TEST_F(SlowInputTest, ImportTellsThatTheServerHasRefused) {
  server_.registry.after_message = Refuse;
  const std::string weights = File("weights");
  EXPECT_EQ(Run({"import", "pump", "--data=-", "--encoder=" + weights, "--generator=" + weights}),
            kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("RESOURCE_EXHAUSTED: refused"));
}

TEST_F(SlowInputTest, ANamedPipeIsLeftWhenTheOutputIsFull) {
  std::ofstream full("/dev/full");
  EXPECT_EQ(Run({"score", "pump", "--data=" + Fifo("flow,heat\n1,2\n")}, full), kExitFailure);
  EXPECT_THAT(err_.str(), HasSubstr("cannot write to standard output"));
}

TEST_F(SlowInputTest, ANamedPipeIsLeftWhenTheCommandIsInterrupted) {
  absl::Notification started;
  server_.detector.distort_score = [&](v1::ScoreResponse&) { started.Notify(); };
  std::thread interrupting([&] {
    started.WaitForNotification();
    cancellation_.Cancel();
    stop_->Stop();
  });
  EXPECT_EQ(Run({"score", "pump", "--data=" + Fifo("flow,heat\n1,2\n")}), kExitInterrupted);
  interrupting.join();
}

TEST_F(SlowInputTest, ANamedPipeWaitsForItsWriterAndEndsWithIt) {
  const std::string path = folder_.path() / "fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  std::thread writing([&] { std::ofstream(path) << "flow,heat\n1,2\n"; });
  EXPECT_EQ(Run({"score", "pump", "--output=csv", "--data=" + path}), kExitSuccess) << err_.str();
  writing.join();
  EXPECT_THAT(out_.str(), HasSubstr("\n0,3.0,0.25,false,OK\n"));
}

}  // namespace
}  // namespace advae
