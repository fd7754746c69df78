// The protocol between advae-server and advae-trainer, spoken with the real program.

#include "model/worker/worker.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "advae/v1/job.pb.h"
#include "model/repository/repository.h"
#include "tests/model/worker/child_process.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/memory_use.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::ChildProcess;
using ::advae::testing::JobFiles;
using ::google::protobuf::io::FileInputStream;
using ::google::protobuf::util::ParseDelimitedFromZeroCopyStream;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

const char kTrainer[] = ADVAE_BINARY_DIR "/bin/advae-trainer";

std::string Delimited(const v1::Job& job) {
  std::ostringstream bytes;
  google::protobuf::util::SerializeDelimitedToOstream(job, &bytes);
  return bytes.str();
}

// All events until the worker closes its end.
std::vector<v1::JobEvent> ReadEvents(const ChildProcess& worker) {
  FileInputStream stream(worker.events());
  std::vector<v1::JobEvent> events;
  for (v1::JobEvent event; ParseDelimitedFromZeroCopyStream(&event, &stream, nullptr);
       event.Clear()) {
    events.push_back(event);
  }
  return events;
}

class WorkerTest : public ::testing::Test {
 protected:
  size_t PublishedModels() const {
    const auto repository = Repository::Open(files_.repository());
    return repository->List()->size();
  }

  const JobFiles files_;
  ChildProcess worker_{{kTrainer, "worker"}};
};

TEST_F(WorkerTest, TrainsAndReports) {
  worker_.Write(Delimited(files_.SmallTraining()));
  const std::vector<v1::JobEvent> events = ReadEvents(worker_);
  EXPECT_THAT(worker_.Wait(), Optional(0));
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
  const std::vector<v1::JobEvent> events = ReadEvents(worker_);
  EXPECT_THAT(worker_.Wait(), Optional(1));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].failed().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(events[0].failed().message(), "hyper-parameter latent_size is 0, expected 1 to 4096");
}

// As the server limits the worker.
TEST_F(WorkerTest, FailsInAnOrderlyWayWhenMemoryRunsOut) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "sanitizers cannot be limited";
  for (const uint64_t megabytes : {130, 200, 300, 400}) {
    SCOPED_TRACE(megabytes);
    ChildProcess worker({kTrainer, "worker"});
    worker.LimitData(megabytes << 20);
    v1::Job job = files_.SmallTraining();
    job.mutable_train()->mutable_hyperparameters()->set_hidden_size(2000);
    job.mutable_train()->mutable_hyperparameters()->set_ensemble_size(3);
    job.mutable_train()->mutable_hyperparameters()->set_epochs(1);
    job.set_max_memory_bytes(megabytes << 20);
    worker.Write(Delimited(job));
    const std::vector<v1::JobEvent> events = ReadEvents(worker);
    EXPECT_THAT(worker.Wait(), Optional(1));
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
  const std::vector<v1::JobEvent> events = ReadEvents(worker_);
  EXPECT_EQ(events.back().failed().code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(events.back().failed().message(), HasSubstr("when it is loaded"));
  EXPECT_EQ(PublishedModels(), 0);
}

TEST_F(WorkerTest, ClosedInputEndsTheJobAtOnce) {
  v1::Job job = files_.SmallTraining();
  job.mutable_train()->mutable_hyperparameters()->set_epochs(1'000'000);
  worker_.Write(Delimited(job));
  FileInputStream stream(worker_.events());
  v1::JobEvent event;
  ASSERT_TRUE(ParseDelimitedFromZeroCopyStream(&event, &stream, nullptr));
  EXPECT_TRUE(event.has_started());
  worker_.CloseInput();
  EXPECT_THAT(worker_.Wait(), Optional(1));
  EXPECT_EQ(PublishedModels(), 0);
}

TEST_F(WorkerTest, InputThatIsNoJobIsAnError) {
  for (const std::string input : {"", "hello, is this a job? no, it is far from one", "\xff\xff"}) {
    SCOPED_TRACE(input);
    ChildProcess worker({kTrainer, "worker"});
    worker.Write(input);
    worker.CloseInput();
    const std::vector<v1::JobEvent> events = ReadEvents(worker);
    EXPECT_THAT(worker.Wait(), Optional(1));
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].failed().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
    EXPECT_THAT(events[0].failed().message(), HasSubstr("expected a length-delimited Job"));
  }
}

TEST_F(WorkerTest, BytesAfterTheJobAreIgnored) {
  worker_.Write(Delimited(files_.SmallTraining()) + std::string(1000, 'x'));
  const std::vector<v1::JobEvent> events = ReadEvents(worker_);
  EXPECT_THAT(worker_.Wait(), Optional(0));
  EXPECT_TRUE(events.back().has_finished());
}

TEST_F(WorkerTest, SurvivesAServerThatReadsNoEvents) {
  worker_.CloseEvents();
  worker_.Write(Delimited(files_.SmallTraining()));
  EXPECT_THAT(worker_.Wait(), Optional(1));  // no signal: its outcome could not be reported
}

TEST_F(WorkerTest, NeedsAChannelForEvents) {
  ChildProcess worker({kTrainer, "worker"}, /*with_events=*/false);
  EXPECT_THAT(worker.ReadErrors(), HasSubstr("file descriptor 3 is not open"));
  EXPECT_THAT(worker.Wait(), Optional(2));
}

}  // namespace
}  // namespace advae
