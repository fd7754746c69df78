// The protocol between advae-server and advae-trainer, spoken with the real program.

#include "model/worker/worker.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "advae/v1/job.pb.h"
#include "model/base/file_descriptor.h"
#include "model/base/pipe.h"
#include "model/repository/repository.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/memory_use.h"
#include "tests/testing/process.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::Exited;
using ::advae::testing::IsOk;
using ::advae::testing::JobFiles;
using ::advae::testing::Process;
using ::google::protobuf::io::FileInputStream;
using ::google::protobuf::util::ParseDelimitedFromZeroCopyStream;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const char kTrainer[] = ADVAE_BINARY_DIR "/bin/advae-trainer";

std::string Delimited(const v1::Job& job) {
  std::ostringstream bytes;
  google::protobuf::util::SerializeDelimitedToOstream(job, &bytes);
  return bytes.str();
}

// A worker with its job's and its events' pipe.
class Worker {
 public:
  Worker() {
    absl::StatusOr<Pipe> input = MakePipe();
    absl::StatusOr<Pipe> events = MakePipe();
    if (!input.ok() || !events.ok()) return;
    absl::StatusOr<std::unique_ptr<Process>> process =
        Process::Start({.program = kTrainer,
                        .arguments = {"worker"},
                        .input_pipe = input->read_end.get(),
                        .event_pipe = events->write_end.get()});
    EXPECT_THAT(process, IsOk());
    if (process.ok()) process_ = *std::move(process);
    input_ = std::move(input->write_end);
    events_ = std::move(events->read_end);
  }

  void Write(const std::string& bytes) {
    EXPECT_EQ(write(input_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void CloseInput() { input_.Close(); }
  void CloseEvents() { events_.Close(); }

  // Refuses it more memory than this from now on.
  void LimitData(uint64_t bytes) {
    const rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
    EXPECT_EQ(prlimit(process_->pid(), RLIMIT_DATA, &limit, nullptr), 0);
  }

  // The next event; empty when the worker has closed its end.
  std::optional<v1::JobEvent> ReadEvent() {
    v1::JobEvent event;
    if (!ParseDelimitedFromZeroCopyStream(&event, Stream(), nullptr)) return std::nullopt;
    return event;
  }
  // All events until the worker closes its end.
  std::vector<v1::JobEvent> ReadEvents() {
    std::vector<v1::JobEvent> events;
    while (std::optional<v1::JobEvent> event = ReadEvent()) events.push_back(*std::move(event));
    return events;
  }

  // Waits for its end; empty when a signal ended it, or nothing did.
  std::optional<int> ExitCode() {
    const absl::StatusOr<testing::ProcessEnd> end = process_->Wait();
    EXPECT_THAT(end, IsOk());
    return end.ok() ? end->exit_code : std::nullopt;
  }

 private:
  FileInputStream* Stream() {
    if (stream_ == nullptr) stream_ = std::make_unique<FileInputStream>(events_.get());
    return stream_.get();
  }

  std::unique_ptr<Process> process_;
  FileDescriptor input_;
  FileDescriptor events_;
  std::unique_ptr<FileInputStream> stream_;
};

class WorkerTest : public ::testing::Test {
 protected:
  size_t PublishedModels() const {
    const auto repository = Repository::Open(files_.repository());
    return repository->List()->size();
  }

  const JobFiles files_;
  Worker worker_;
};

TEST_F(WorkerTest, TrainsAndReports) {
  worker_.Write(Delimited(files_.SmallTraining()));
  const std::vector<v1::JobEvent> events = worker_.ReadEvents();
  EXPECT_EQ(worker_.ExitCode(), 0);
  ASSERT_GE(events.size(), 3);
  EXPECT_EQ(events.front().started().model(), "pump");
  EXPECT_EQ(events[events.size() - 2].progress().epoch(), 5);
  EXPECT_EQ(events.back().finished().version().version(), 1);
  EXPECT_EQ(PublishedModels(), 1);
}

TEST_F(WorkerTest, FailsInAnOrderlyWay) {
  v1::Job job = files_.SmallTraining();
  job.mutable_train()->mutable_hyperparameters()->set_latent_size(0);
  worker_.Write(Delimited(job));
  const std::vector<v1::JobEvent> events = worker_.ReadEvents();
  EXPECT_EQ(worker_.ExitCode(), 1);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].failed().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(events[0].failed().message(), "hyper-parameter latent_size is 0, expected 1 to 4096");
}

// As the server limits the worker.
TEST_F(WorkerTest, FailsInAnOrderlyWayWhenMemoryRunsOut) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "sanitizers cannot be limited";
  for (const uint64_t megabytes : {130, 200, 300, 400}) {
    SCOPED_TRACE(megabytes);
    Worker worker;
    worker.LimitData(megabytes << 20);
    v1::Job job = files_.SmallTraining();
    job.mutable_train()->mutable_hyperparameters()->set_hidden_size(2000);
    job.mutable_train()->mutable_hyperparameters()->set_ensemble_size(3);
    job.mutable_train()->mutable_hyperparameters()->set_epochs(1);
    job.set_max_memory_bytes(megabytes << 20);
    worker.Write(Delimited(job));
    const std::vector<v1::JobEvent> events = worker.ReadEvents();
    EXPECT_EQ(worker.ExitCode(), 1);
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.back().failed().code(),
              static_cast<int>(absl::StatusCode::kResourceExhausted));
    EXPECT_THAT(events.back().failed().message(), HasSubstr("out of memory"));
    EXPECT_THAT(events.back().failed().message(), HasSubstr("--max_training_memory"));
  }
  EXPECT_EQ(PublishedModels(), 0);
}

TEST_F(WorkerTest, PublishesNoVersionThatTheServerCannotLoad) {
  v1::Job job = files_.SmallTraining();
  job.set_max_version_bytes(1000);
  worker_.Write(Delimited(job));
  const std::vector<v1::JobEvent> events = worker_.ReadEvents();
  EXPECT_EQ(events.back().failed().code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(events.back().failed().message(), HasSubstr("when it is loaded"));
  EXPECT_EQ(PublishedModels(), 0);
}

TEST_F(WorkerTest, ClosedInputEndsTheJobAtOnce) {
  v1::Job job = files_.SmallTraining();
  job.mutable_train()->mutable_hyperparameters()->set_epochs(1'000'000);
  worker_.Write(Delimited(job));
  const std::optional<v1::JobEvent> event = worker_.ReadEvent();
  ASSERT_TRUE(event.has_value());
  EXPECT_TRUE(event->has_started());
  worker_.CloseInput();
  EXPECT_EQ(worker_.ExitCode(), 1);
  EXPECT_EQ(PublishedModels(), 0);
}

TEST_F(WorkerTest, InputThatIsNoJobIsAnError) {
  for (const std::string input : {"", "hello, is this a job? no, it is far from one", "\xff\xff"}) {
    SCOPED_TRACE(input);
    Worker worker;
    worker.Write(input);
    worker.CloseInput();
    const std::vector<v1::JobEvent> events = worker.ReadEvents();
    EXPECT_EQ(worker.ExitCode(), 1);
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].failed().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(events[0].failed().message(), HasSubstr("expected a length-delimited Job"));
  }
}

TEST_F(WorkerTest, BytesAfterTheJobAreIgnored) {
  worker_.Write(Delimited(files_.SmallTraining()) + std::string(1000, 'x'));
  const std::vector<v1::JobEvent> events = worker_.ReadEvents();
  EXPECT_EQ(worker_.ExitCode(), 0);
  EXPECT_TRUE(events.back().has_finished());
}

TEST_F(WorkerTest, SurvivesAServerThatReadsNoEvents) {
  worker_.CloseEvents();
  worker_.Write(Delimited(files_.SmallTraining()));
  EXPECT_EQ(worker_.ExitCode(), 1);  // no signal: its outcome could not be reported
}

TEST_F(WorkerTest, NeedsAChannelForEvents) {
  ASSERT_OK_AND_ASSIGN(auto worker, Process::Start({.program = kTrainer, .arguments = {"worker"}}));
  ASSERT_OK_AND_ASSIGN(const testing::ProcessEnd end, worker->Wait());
  EXPECT_EQ(end, Exited(2));
  EXPECT_THAT(worker->errors(), HasSubstr("file descriptor 3 is not open"));
}

}  // namespace
}  // namespace advae
