// Which tasks a batch queue takes.

#include "server/batching/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/retry_hint.h"
#include "tests/server/batching/queue_simulation.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::MakeTask;
using testing::MakeVersion;
using testing::StatusIs;

constexpr absl::Time kStart = absl::UnixEpoch();
constexpr uint64_t kCaller = 0;

absl::Time In(int milliseconds) { return kStart + absl::Milliseconds(milliseconds); }

// One thread that does a row a millisecond, and a queue in which 50 wait after one that runs.
class AdmissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Run(1000, kStart);
    ASSERT_THAT(queue_.Push(Task(1), kCaller, kStart), IsOk());
    running_ = queue_.PopReady(kStart);
    ASSERT_THAT(queue_.Push(Task(50), kCaller, kStart), IsOk());
  }

  std::shared_ptr<ScoreTask> Task(size_t rows, absl::Time deadline = absl::InfiniteFuture(),
                                  ScoreCaller caller = {}) {
    return MakeTask(version_, rows, deadline, std::move(caller));
  }
  // The thread does a row, and so many a second, until `now`.
  void Run(double rows_per_second, absl::Time now) {
    ASSERT_THAT(queue_.Push(Task(1), kCaller, now), IsOk());
    constexpr double kSeconds = 10;  // so many that nothing else counts
    queue_.Finish(
        queue_.PopReady(now),
        rows_per_second * kSeconds * static_cast<double>(version_->scorer().multiply_adds()),
        absl::Seconds(kSeconds), now);
  }
  // Empties the queue until `now`.
  void Drain(absl::Time now) {
    queue_.Finish(running_, 0, absl::ZeroDuration(), now);
    while (!queue_.empty()) queue_.Finish(queue_.PopReady(now), 0, absl::ZeroDuration(), now);
  }

  const std::shared_ptr<const LoadedVersion> version_ = MakeVersion("a", /*samples=*/65'536);
  BatchQueue queue_{{.max_batch_rows = 8,
                     .max_batch_multiply_adds = 1'000'000'000,
                     .max_queue_wait = absl::Milliseconds(60)},
                    1};
  Batch running_;
};

TEST_F(AdmissionTest, ADeadlineThatCannotBeMadeIsRefusedAtOnceWithAHint) {
  // 51 ms to wait, with a margin of three quarters as much, and 50 of its own.
  const absl::Status status = queue_.Push(Task(50, In(139)), kCaller, kStart);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               HasSubstr("overloaded: the request would wait for about 51 ms and "
                                         "then take 50 ms, but its deadline is in 139 ms")));
  EXPECT_EQ(RetryHint(status), absl::Milliseconds(51));
  EXPECT_THAT(queue_.Push(Task(50, In(140)), kCaller, kStart), IsOk());
}

TEST_F(AdmissionTest, SmallerTasksOfTheSameCallerWaitOnlyForTheirShare) {
  // The running row, and one for one.
  EXPECT_THAT(queue_.Push(Task(1, In(5)), kCaller, kStart), IsOk());
  EXPECT_FALSE(queue_.Push(Task(1, In(3)), kCaller, kStart).ok());
}

TEST_F(AdmissionTest, OtherCallersWaitForOneTurn) {
  // The running row, and as much as its own and a turn for the other.
  EXPECT_FALSE(queue_.Push(Task(50, In(152)), 1, kStart).ok());
  EXPECT_THAT(queue_.Push(Task(50, In(154)), 1, kStart), IsOk());
  EXPECT_THAT(queue_.Push(Task(4, In(48)), 2, kStart), IsOk());
}

TEST_F(AdmissionTest, WithoutADeadlineTheWaitCountsNotTheLength) {
  ASSERT_THAT(queue_.Push(Task(1000), kCaller, kStart), IsOk());
  const absl::Status status = queue_.Push(Task(1000), kCaller, kStart);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted,
                               HasSubstr("would wait for about 1051 ms; without a deadline it may "
                                         "wait for 60 ms")));
  EXPECT_EQ(RetryHint(status), absl::Seconds(1));
}

TEST_F(AdmissionTest, WhoIsHeldBackMayWait) {
  ASSERT_THAT(queue_.Push(Task(1000), kCaller, kStart), IsOk());
  EXPECT_THAT(
      queue_.Push(Task(1000, absl::InfiniteFuture(), {.is_held_back = true}), kCaller, kStart),
      IsOk());
}

TEST_F(AdmissionTest, APassedDeadlineIsNotRefusedButDropped) {
  ASSERT_THAT(queue_.Push(Task(1, kStart), kCaller, kStart), IsOk());
  const Batch batch = queue_.PopReady(kStart);
  ASSERT_EQ(batch.dropped.size(), 1);
  EXPECT_THAT(batch.dropped[0].given_up,
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("passed")));
}

TEST_F(AdmissionTest, WhatCannotBeDoneInTimeAnyMoreIsDropped) {
  ASSERT_THAT(queue_.Push(Task(5, In(80)), kCaller, kStart), IsOk());
  const Batch batch = queue_.PopReady(In(77));
  ASSERT_EQ(batch.dropped.size(), 1);
  EXPECT_THAT(batch.dropped[0].given_up,
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("too near")));
}

TEST_F(AdmissionTest, AnIdleQueueTakesATaskOfAnyLength) {
  Drain(kStart);
  EXPECT_THAT(queue_.Push(Task(900'000), kCaller, kStart), IsOk());
}

TEST_F(AdmissionTest, AnIdleQueueRefusesWhatCannotMakeItsDeadline) {
  Drain(kStart);
  EXPECT_FALSE(queue_.Push(Task(101, In(100)), kCaller, kStart).ok());
  EXPECT_THAT(queue_.Push(Task(100, In(100)), kCaller, kStart), IsOk());
}

// Otherwise a rate that was measured in a bad moment could refuse everything for ever.
TEST_F(AdmissionTest, AnIdleQueueMeasuresAnewAfterASecond) {
  Drain(kStart);
  Run(1, In(10));
  EXPECT_FALSE(queue_.Push(Task(10, In(200)), kCaller, In(100)).ok());
  EXPECT_THAT(queue_.Push(Task(10, In(1211)), kCaller, In(1011)), IsOk());
}

TEST_F(AdmissionTest, MoreThreadsWaitLess) {
  const ScoringPace pace{
      .thread_rate = 1000.0 * static_cast<double>(version_->scorer().multiply_adds()),
      .threads = 4,
      .now = kStart};
  const double rows_before = 100.0 * static_cast<double>(version_->scorer().multiply_adds());
  // 25 ms to wait; with batches of 8 rows three threads have something of the 24, but all of
  // the 32.
  const BatchLimits limits{.max_batch_rows = 8, .max_batch_multiply_adds = 1'000'000'000};
  EXPECT_THAT(CheckWait(*Task(24, In(52)), rows_before, pace, limits), IsOk());
  EXPECT_FALSE(CheckWait(*Task(24, In(51)), rows_before, pace, limits).ok());
  EXPECT_THAT(CheckWait(*Task(32, In(52)), rows_before, pace, limits), IsOk());
  // One row keeps one thread busy, however heavy.
  EXPECT_THAT(CheckWait(*Task(1, In(45)), rows_before, pace, limits), IsOk());
}

}  // namespace
}  // namespace advae
