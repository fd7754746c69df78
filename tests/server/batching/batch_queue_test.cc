#include "server/batching/batch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

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

class BatchQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<ScoreTask> Task(size_t rows, absl::Time deadline = absl::InfiniteFuture(),
                                  ScoreCaller caller = {}) {
    return MakeTask(version_, rows, deadline, std::move(caller));
  }
  size_t Cost() const { return version_->scorer().multiply_adds(); }  // of a row

  const std::shared_ptr<const LoadedVersion> version_ = MakeVersion("a");
};

struct Slice {
  const ScoreTask* task;
  size_t first;
  size_t rows;

  bool operator==(const Slice&) const = default;
};

std::vector<Slice> Slices(const std::vector<BatchSlice>& slices) {
  std::vector<Slice> plain;
  for (const BatchSlice& slice : slices) {
    plain.push_back({slice.task.get(), slice.first_row, slice.rows});
  }
  return plain;
}

TEST_F(BatchQueueTest, IsEmptyAtFirst) {
  BatchQueue queue({}, 1);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.NextDeadline(), absl::InfiniteFuture());
  EXPECT_TRUE(queue.PopReady(kStart).empty());
}

TEST_F(BatchQueueTest, GathersTasksInTheOrderOfArrival) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto a = Task(3), b = Task(4);
  ASSERT_THAT(queue.Push(a, kCaller, kStart), IsOk());
  ASSERT_THAT(queue.Push(b, kCaller, kStart), IsOk());
  EXPECT_EQ(queue.queued_rows(), 7);
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{a.get(), 0, 3}, {b.get(), 0, 4}}));
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.queued_rows(), 0);
}

TEST_F(BatchQueueTest, WaitsForTheDelayUnlessTheBatchIsFull) {
  BatchQueue queue({.max_batch_rows = 4, .max_batch_delay = absl::Milliseconds(5)}, 1);
  ASSERT_THAT(queue.Push(Task(3), kCaller, kStart), IsOk());
  EXPECT_EQ(queue.NextDeadline(), kStart + absl::Milliseconds(5));
  EXPECT_TRUE(queue.PopReady(kStart + absl::Milliseconds(4)).empty());
  EXPECT_EQ(queue.PopReady(kStart + absl::Milliseconds(5)).slices.size(), 1);

  ASSERT_THAT(queue.Push(Task(3), kCaller, kStart), IsOk());
  ASSERT_THAT(queue.Push(Task(1), kCaller, kStart), IsOk());
  EXPECT_EQ(queue.NextDeadline(), absl::InfinitePast());
  EXPECT_EQ(queue.PopReady(kStart).slices.size(), 2);
}

TEST_F(BatchQueueTest, FlushTakesWhatIsNotDue) {
  BatchQueue queue({.max_batch_rows = 4, .max_batch_delay = absl::Hours(1)}, 1);
  ASSERT_THAT(queue.Push(Task(1), kCaller, kStart), IsOk());
  EXPECT_TRUE(queue.PopReady(kStart).empty());
  EXPECT_EQ(queue.PopReady(kStart, {.flush = true}).slices.size(), 1);
}

TEST_F(BatchQueueTest, OneRowNeverWaitsBehindAHugeRequest) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto huge = Task(100'000), one = Task(1);
  ASSERT_THAT(queue.Push(huge, kCaller, kStart), IsOk());
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices), (std::vector<Slice>{{huge.get(), 0, 10}}));
  ASSERT_THAT(queue.Push(one, kCaller, kStart), IsOk());
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{one.get(), 0, 1}, {huge.get(), 10, 9}}));
}

TEST_F(BatchQueueTest, NewRequestsDoNotStarveABegunOne) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto huge = Task(1000);
  ASSERT_THAT(queue.Push(huge, kCaller, kStart), IsOk());
  queue.PopReady(kStart);
  for (int i = 0; i < 50; ++i) ASSERT_THAT(queue.Push(Task(1), kCaller, kStart), IsOk());
  for (size_t next = 10; next < 60; next += 5) {
    const auto slices = Slices(queue.PopReady(kStart).slices);
    EXPECT_EQ(slices.back(), (Slice{huge.get(), next, 5}));
  }
}

// Otherwise, under load, all would be begun and few be finished in time.
TEST_F(BatchQueueTest, RequestsOfOneSizeAreFinishedInTheOrderOfArrival) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto a = Task(20), b = Task(20), c = Task(20);
  ASSERT_THAT(queue.Push(a, kCaller, kStart), IsOk());
  queue.PopReady(kStart);
  ASSERT_THAT(queue.Push(b, kCaller, kStart), IsOk());
  ASSERT_THAT(queue.Push(c, kCaller, kStart), IsOk());
  for (const ScoreTask* task : {a.get(), b.get(), b.get(), c.get(), c.get()}) {
    EXPECT_EQ(Slices(queue.PopReady(kStart).slices).front().task, task);
  }
}

TEST_F(BatchQueueTest, DetectorsAreNotMixedAndTakeTurns) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto other = MakeVersion("b");
  const auto a1 = Task(8), a2 = Task(8), b1 = MakeTask(other, 1);
  for (const auto& task : {a1, a2, b1}) ASSERT_THAT(queue.Push(task, kCaller, kStart), IsOk());
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{a1.get(), 0, 8}, {a2.get(), 0, 2}}));
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices), (std::vector<Slice>{{b1.get(), 0, 1}}));
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices), (std::vector<Slice>{{a2.get(), 2, 6}}));
}

TEST_F(BatchQueueTest, RefusesRowsBeyondItsLimitWithAHint) {
  BatchQueue queue({.max_batch_rows = 10, .max_queued_rows = 5}, 1);
  ASSERT_THAT(queue.Push(Task(5), kCaller, kStart), IsOk());
  const absl::Status status = queue.Push(Task(1), kCaller, kStart);
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("5 rows are waiting")));
  EXPECT_TRUE(RetryHint(status).has_value());
  EXPECT_EQ(queue.queued_rows(), 5);
  queue.PopReady(kStart);
  EXPECT_THAT(queue.Push(Task(1), kCaller, kStart), IsOk());
}

TEST_F(BatchQueueTest, ExpiredAndCancelledTasksAreDropped) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto expired = Task(20, kStart - absl::Seconds(1)),
             given_up = Task(3, absl::InfiniteFuture(), {.cancelled = [] { return true; }}),
             good = Task(2);
  given_up->AskWhetherCancelled();
  for (const auto& task : {expired, given_up, good})
    ASSERT_THAT(queue.Push(task, kCaller, kStart), IsOk());
  const Batch batch = queue.PopReady(kStart);
  EXPECT_EQ(Slices(batch.slices), (std::vector<Slice>{{good.get(), 0, 2}}));
  EXPECT_EQ(Slices(batch.dropped),
            (std::vector<Slice>{{given_up.get(), 0, 3}, {expired.get(), 0, 20}}));
  EXPECT_THAT(batch.dropped[0].given_up, StatusIs(absl::StatusCode::kCancelled, HasSubstr("")));
  EXPECT_THAT(batch.dropped[1].given_up,
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("")));
  EXPECT_TRUE(queue.empty());
}

TEST_F(BatchQueueTest, DropsTheRestOfATaskThatExpiresHalfWay) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto task = Task(15, kStart + absl::Seconds(1));
  ASSERT_THAT(queue.Push(task, kCaller, kStart), IsOk());
  EXPECT_EQ(queue.PopReady(kStart).slices.size(), 1);
  const Batch rest = queue.PopReady(kStart + absl::Seconds(1));
  EXPECT_TRUE(rest.slices.empty());
  EXPECT_EQ(Slices(rest.dropped), (std::vector<Slice>{{task.get(), 10, 5}}));
}

TEST_F(BatchQueueTest, TellsHowLongRowsWaited) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  ASSERT_THAT(queue.Push(Task(15), kCaller, kStart), IsOk());
  EXPECT_EQ(queue.PopReady(kStart + absl::Seconds(2)).slices[0].waited, absl::Seconds(2));
  EXPECT_EQ(queue.PopReady(kStart + absl::Seconds(5)).slices[0].waited, absl::Seconds(3));
}

TEST_F(BatchQueueTest, ABatchIsBoundedInMultiplyAdds) {
  BatchQueue queue({.max_batch_rows = 10, .max_batch_multiply_adds = 4 * Cost() + 1}, 1);
  const auto a = Task(3), b = Task(3);
  ASSERT_THAT(queue.Push(a, kCaller, kStart), IsOk());
  ASSERT_THAT(queue.Push(b, kCaller, kStart), IsOk());
  const Batch batch = queue.PopReady(kStart);
  EXPECT_EQ(Slices(batch.slices), (std::vector<Slice>{{a.get(), 0, 3}, {b.get(), 0, 1}}));
  EXPECT_EQ(batch.multiply_adds, 4.0 * static_cast<double>(Cost()));
  EXPECT_FALSE(batch.is_heavy);
}

TEST_F(BatchQueueTest, AHeavyRowIsABatchOfItsOwnAndCanBeSpared) {
  const auto light = MakeVersion("b", /*samples=*/8);
  BatchQueue queue({.max_batch_multiply_adds = Cost() - 1}, 1);
  ASSERT_LT(light->scorer().multiply_adds(), Cost() - 1);
  const auto heavy = Task(3), other = MakeTask(light, 1);
  ASSERT_THAT(queue.Push(heavy, kCaller, kStart), IsOk());
  ASSERT_THAT(queue.Push(other, kCaller, kStart), IsOk());
  const Batch first = queue.PopReady(kStart);
  EXPECT_EQ(Slices(first.slices), (std::vector<Slice>{{heavy.get(), 0, 1}}));
  EXPECT_TRUE(first.is_heavy);
  EXPECT_EQ(Slices(queue.PopReady(kStart, {.spares_heavy = true}).slices),
            (std::vector<Slice>{{other.get(), 0, 1}}));
  EXPECT_TRUE(queue.PopReady(kStart, {.spares_heavy = true}).empty());
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices), (std::vector<Slice>{{heavy.get(), 1, 1}}));
}

TEST_F(BatchQueueTest, CallersTakeTurnsAndShareBatchesWithRoom) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto a1 = Task(10), a2 = Task(10), a3 = Task(2), b1 = Task(4), b2 = Task(9);
  for (const auto& task : {a1, a2, a3}) ASSERT_THAT(queue.Push(task, 1, kStart), IsOk());
  for (const auto& task : {b1, b2}) ASSERT_THAT(queue.Push(task, 2, kStart), IsOk());
  // The smallest goes first, then the oldest.
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{a3.get(), 0, 2}, {a1.get(), 0, 8}}));
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{b1.get(), 0, 4}, {b2.get(), 0, 6}}));
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{a1.get(), 8, 2}, {a2.get(), 0, 8}}));
  EXPECT_EQ(Slices(queue.PopReady(kStart).slices),
            (std::vector<Slice>{{b2.get(), 6, 3}, {a2.get(), 8, 2}}));
}

TEST_F(BatchQueueTest, TurnsGoByWeight) {
  BatchQueue queue({.max_batch_rows = 10}, 1);
  const auto heavy = Task(1000, absl::InfiniteFuture(), {.weight = 3}), light = Task(1000);
  ASSERT_THAT(queue.Push(light, 1, kStart), IsOk());
  ASSERT_THAT(queue.Push(heavy, 2, kStart), IsOk());
  std::map<const ScoreTask*, int> turns;
  for (int i = 0; i < 40; ++i) {
    const Batch batch = queue.PopReady(kStart);
    ASSERT_EQ(batch.slices.size(), 1);
    ++turns[batch.slices.front().task.get()];
  }
  EXPECT_EQ(turns[heavy.get()], 30);
  EXPECT_EQ(turns[light.get()], 10);
}

// Random traffic: every row of every task is given out exactly once, in order, in batches within
// the limit and of one version.
TEST_F(BatchQueueTest, GivesOutEveryRowOnce) {
  std::mt19937 random(7);
  const auto below = [&](size_t n) {
    return std::uniform_int_distribution<size_t>(0, n - 1)(random);
  };
  const std::vector<std::shared_ptr<const LoadedVersion>> versions = {
      MakeVersion("a"), MakeVersion("b"), MakeVersion("c")};
  for (int round = 0; round < 200; ++round) {
    const size_t limit = 1 + below(20);
    const size_t work = (1 + below(20)) * Cost();
    BatchQueue queue({.max_batch_rows = limit,
                      .max_batch_multiply_adds = work,
                      .max_queued_rows = 100'000,
                      .max_queue_wait = absl::InfiniteDuration()},
                     1);
    std::map<std::shared_ptr<ScoreTask>, size_t> next_row;
    size_t pushed = 0, popped = 0;
    for (int step = 0; step < 60; ++step) {
      if (step < 40 && below(2) == 0) {
        const auto task = MakeTask(versions[below(3)], 1 + below(below(5) == 0 ? 100 : 4));
        ASSERT_THAT(queue.Push(task, below(4), kStart), IsOk());
        next_row.emplace(task, 0);
        pushed += task->rows();
      }
      const Batch batch = queue.PopReady(kStart);
      size_t rows = 0;
      for (const BatchSlice& slice : batch.slices) {
        EXPECT_EQ(slice.first_row, next_row[slice.task]);
        EXPECT_EQ(slice.task->work().version, batch.slices[0].task->work().version);
        next_row[slice.task] += slice.rows;
        rows += slice.rows;
      }
      EXPECT_LE(rows, std::min(limit, work / Cost()));
      popped += rows;
      EXPECT_EQ(queue.queued_rows(), pushed - popped);
    }
    while (!queue.empty()) {
      for (const BatchSlice& slice : queue.PopReady(kStart).slices) popped += slice.rows;
    }
    EXPECT_EQ(popped, pushed);
  }
}

}  // namespace
}  // namespace advae
