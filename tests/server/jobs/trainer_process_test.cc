#include "server/jobs/trainer_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"
#include "server/jobs/worker_lines.h"
#include "server/jobs/worker_output.h"
#include "server/jobs/worker_process.h"
#include "server/log/log.h"
#include "tests/testing/memory_use.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

class TrainerProcessTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::VersionInfo> Run(const std::string& model,
                                      const std::string& program = FAKE_TRAINER) {
    v1::Job job;
    job.set_repository(folder_.path().string());
    job.mutable_train()->set_model(model);
    job.mutable_rows()->set_rows(20);
    if (max_memory_bytes_) job.set_max_memory_bytes(*max_memory_bytes_);
    return RunTrainerProcess(
        program, job, [this](const v1::JobEvent& event) { events_.push_back(event); },
        cancellation_);
  }

  testing::TemporaryFolder folder_;
  JobCancellation cancellation_ = *JobCancellation::Create();
  std::vector<v1::JobEvent> events_;
  std::optional<uint64_t> max_memory_bytes_;
};

TEST_F(TrainerProcessTest, GivesTheVersionAndTheEventsBeforeIt) {
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Run("good"));
  EXPECT_EQ(version.model(), "good");
  EXPECT_EQ(version.version(), 1);
  ASSERT_EQ(events_.size(), 3);
  EXPECT_EQ(events_[0].started().rows(), 20);
  EXPECT_EQ(events_[1].progress().epoch(), 1);
  EXPECT_EQ(events_[2].progress().epoch(), 2);
}

TEST_F(TrainerProcessTest, PassesOnAnOrderlyFailure) {
  EXPECT_THAT(Run("refuse"), StatusIs(absl::StatusCode::kInvalidArgument,
                                      HasSubstr("the rows are not to my taste")));
}

TEST_F(TrainerProcessTest, LimitsTheWorker) {
  const std::string unlimited = absl::StrCat(RLIM_INFINITY, " ", RLIM_INFINITY, " 256 0 ");
  EXPECT_THAT(Run("limits"), StatusIs(absl::StatusCode::kInternal, unlimited));
  max_memory_bytes_ = 1'000'000'000;
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "sanitizers cannot be limited";
  const uint64_t bytes = 1'000'000'000 + (256 << 20);
  const std::string limited = absl::StrCat(bytes, " ", bytes, " 256 0 ");
  EXPECT_THAT(Run("limits"), StatusIs(absl::StatusCode::kInternal, limited));
}

TEST_F(TrainerProcessTest, OpenBlasHasNoThreadsInTheWorker) {
  for (const char* const ours : {"", "8"}) {
    setenv("OPENBLAS_NUM_THREADS", ours, /*replace=*/1);
    EXPECT_THAT(Run("blas"), StatusIs(absl::StatusCode::kInternal, "1"));
  }
  unsetenv("OPENBLAS_NUM_THREADS");
}

TEST_F(TrainerProcessTest, AWorkerThatTakesTooMuchFailsInAnOrderlyWay) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "sanitizers cannot be limited";
  max_memory_bytes_ = 100'000'000;
  EXPECT_THAT(Run("allocate"), StatusIs(absl::StatusCode::kResourceExhausted, "allocated"));
}

TEST_F(TrainerProcessTest, AFailureWithoutCodeIsInternal) {
  EXPECT_THAT(Run("nothing"), StatusIs(absl::StatusCode::kInternal, HasSubstr("no code")));
}

TEST_F(TrainerProcessTest, TellsHowAWorkerCrashed) {
  EXPECT_THAT(Run("crash"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("signal 11 (Segmentation fault)")));
}

TEST_F(TrainerProcessTest, TellsWhenAWorkerEndsWithoutAResult) {
  EXPECT_THAT(Run("silent"), StatusIs(absl::StatusCode::kInternal, HasSubstr("code 3")));
}

TEST_F(TrainerProcessTest, RefusesBytesThatAreNoEvents) {
  EXPECT_THAT(Run("garbage"), StatusIs(absl::StatusCode::kInternal, HasSubstr("does not parse")));
  for (const char* const model : {"huge", "large", "endless"}) {
    EXPECT_THAT(Run(model), StatusIs(absl::StatusCode::kInternal, HasSubstr("sent no event")))
        << model;
  }
}

TEST_F(TrainerProcessTest, EndsAWorkerThatClosesItsEvents) {
  EXPECT_THAT(Run("deaf"), StatusIs(absl::StatusCode::kInternal, HasSubstr("killed")));
}

TEST_F(TrainerProcessTest, TellsWhenTheProgramIsMissing) {
  EXPECT_THAT(Run("good", folder_.path() / "no-such-program"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no-such-program")));
}

TEST_F(TrainerProcessTest, CancellationEndsAWorkerThatHangs) {
  std::thread canceller([this] { cancellation_.Cancel(); });
  EXPECT_THAT(Run("hang"), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
  canceller.join();
}

TEST_F(TrainerProcessTest, ACancelledJobDoesNotRun) {
  cancellation_.Cancel();
  EXPECT_THAT(Run("hang"), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
}

TEST_F(TrainerProcessTest, EndsAWorkerThatHangsAfterItsResult) {
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Run("finished-hang"));
  EXPECT_EQ(version.version(), 1);
}

TEST_F(TrainerProcessTest, AnEndIsWaitedForUntilCancelledOrTheLimit) {
  cancellation_.Cancel();
  const JobCancellation never = *JobCancellation::Create();
  for (const bool is_cancelled : {true, false}) {
    ASSERT_OK_AND_ASSIGN(WorkerProcess worker, StartWorker(FAKE_TRAINER, std::nullopt));
    WorkerOutput output(std::move(worker.output), "m");
    const int status = is_cancelled
                           ? output.WaitForEnd(worker.pid, cancellation_, absl::InfiniteFuture())
                           : output.WaitForEnd(worker.pid, never, SteadyNow());
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  }
}

// What the log gets while a worker for `model` runs.
class WorkerOutputTest : public TrainerProcessTest {
 protected:
  std::string LogOf(const std::string& model) {
    EXPECT_THAT(ConfigureLog("info", "text"), IsOk());
    ::testing::internal::CaptureStderr();
    EXPECT_THAT(Run(model), IsOk());
    FlushLog(absl::Seconds(60));
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(WorkerOutputTest, AWorkerForgesNoLine) {
  const std::string log = LogOf("forger");
  EXPECT_EQ(std::ranges::count(log, '\n'), 2);
  EXPECT_THAT(log, HasSubstr(R"( warning worker message model=forger )"
                             R"(message="2026-01-01T00:00:00.000Z info forged model=other")"));
  EXPECT_THAT(log, HasSubstr(R"(message="\u001b[31mred")"));
}

TEST_F(WorkerOutputTest, AWorkerThatSaysMuchGoesOnAndIsHeldBack) {
  const std::string log = LogOf("chatty");
  EXPECT_GE(std::ranges::count(log, '\n'), WorkerLines::kLinesPerSecond);
  EXPECT_LT(std::ranges::count(log, '\n'), 2000);
  EXPECT_THAT(log, HasSubstr("worker messages held back model=chatty count="));
}

TEST_F(WorkerOutputTest, AWorkerThatSaysMuchAfterItsResultEnds) {
  EXPECT_THAT(LogOf("chatty-last"), HasSubstr("worker message model=chatty-last message=aaa"));
}

TEST_F(TrainerProcessTest, SendsAJobThatIsLargerThanAPipe) {
  v1::Job job;
  job.set_repository(folder_.path().string());
  job.mutable_train()->set_model("good");
  job.mutable_rows()->set_rows(20);
  for (int i = 0; i < 100'000; ++i) job.mutable_rows()->add_feature_names("a feature's name");
  EXPECT_THAT(RunTrainerProcess(
                  FAKE_TRAINER, job, [](const v1::JobEvent&) {}, cancellation_),
              IsOk());
}

}  // namespace
}  // namespace advae
