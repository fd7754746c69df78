// What the batch queue does when more is asked of the threads than they can do, in simulated time.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <random>
#include <vector>

#include "tests/server/batching/queue_simulation.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::IsOk;
using testing::MakeTask;
using testing::MakeVersion;
using testing::QueueSimulation;

constexpr absl::Duration kDeadline = absl::Milliseconds(100);

absl::Duration Quantile(std::vector<absl::Duration> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

class OverloadTest : public ::testing::Test {
 protected:
  // The threads do 1,000 rows a second each.
  double Speed() const { return 1000.0 * static_cast<double>(Cost()); }
  size_t Cost() const { return version_->scorer().multiply_adds(); }
  std::vector<absl::Duration> Took(const QueueSimulation& simulation, uint64_t caller) const {
    std::vector<absl::Duration> took;
    for (const auto& outcome : simulation.answered()) {
      if (outcome.caller == caller) took.push_back(outcome.took);
    }
    return took;
  }

  const std::shared_ptr<const LoadedVersion> version_ = MakeVersion("a", /*samples=*/65'536);
};

struct OpenLoop {
  int threads;
  size_t rows;    // of a request
  double factor;  // of what the threads can do
  size_t callers;
  // Of what is accepted, which may expire all the same.
  double expires = 0.01;
};
void PrintTo(const OpenLoop& loop, std::ostream* out) {
  *out << loop.threads << " threads, " << loop.rows << " rows, " << loop.factor << "x, "
       << loop.callers << " callers";
}

class OpenLoopTest : public OverloadTest, public ::testing::WithParamInterface<OpenLoop> {};

// Requests come at random for ten seconds, whatever becomes of the earlier ones.
TEST_P(OpenLoopTest, AnswersAsManyInTimeAsItCan) {
  const OpenLoop& loop = GetParam();
  QueueSimulation simulation({.max_batch_rows = 8, .max_batch_multiply_adds = 1'000'000'000},
                             loop.threads, Speed());
  const double capacity = 1000.0 * loop.threads / static_cast<double>(loop.rows);
  std::mt19937 random(1);
  std::exponential_distribution<double> gap(capacity * loop.factor);
  absl::Time now = simulation.Start();
  size_t sent = 0;
  for (; now < simulation.Start() + absl::Seconds(10); now += absl::Seconds(gap(random)), ++sent) {
    simulation.Arrive(MakeTask(version_, loop.rows, now + kDeadline), random() % loop.callers, now);
  }
  simulation.RunUntil(now);
  const size_t in_time = simulation.answered().size() - simulation.late();
  EXPECT_GE(static_cast<double>(in_time),
            0.95 * std::min(capacity * 10, static_cast<double>(sent)));
  // What was accepted makes its deadline, but for few.
  EXPECT_LE(static_cast<double>(simulation.late() + simulation.expired()),
            loop.expires * static_cast<double>(in_time));
  // The queue is as short as the deadline, so that a tenth of a second later all is well.
  EXPECT_LE(simulation.most_queued(), kDeadline);
  simulation.RunUntil(now + kDeadline);
  EXPECT_TRUE(simulation.queue().empty());
}

INSTANTIATE_TEST_SUITE_P(Loads, OpenLoopTest,
                         ::testing::Values(OpenLoop{1, 4, 2, 1}, OpenLoop{1, 4, 3, 1},
                                           OpenLoop{1, 1, 3, 1}, OpenLoop{1, 20, 2, 1},
                                           OpenLoop{1, 20, 3, 5, 0.1}, OpenLoop{4, 20, 3, 1},
                                           OpenLoop{4, 4, 3, 50}, OpenLoop{2, 1, 10, 1000}));

TEST_F(OverloadTest, WithoutDeadlinesTheWaitIsBounded) {
  QueueSimulation simulation({.max_batch_rows = 8,
                              .max_batch_multiply_adds = 1'000'000'000,
                              .max_queue_wait = absl::Milliseconds(500)},
                             1, Speed());
  absl::Time now = simulation.Start();
  for (int i = 0; i < 10'000; ++i, now += absl::Milliseconds(1)) {
    simulation.Arrive(MakeTask(version_, 2), 0, now);
  }
  simulation.RunUntil(now);
  EXPECT_GE(simulation.answered().size(), 4900);
  EXPECT_LE(simulation.most_queued(), absl::Milliseconds(520));
  EXPECT_LE(Quantile(Took(simulation, 0), 1), absl::Milliseconds(520));
}

// One caller with a thousand requests open hardly delays another.
TEST_F(OverloadTest, ACallerDoesNotWaitForWhatAnotherHasQueued) {
  QueueSimulation simulation({.max_batch_rows = 8,
                              .max_batch_multiply_adds = 1'000'000'000,
                              .max_queue_wait = absl::Hours(1)},
                             1, Speed());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(simulation.Arrive(MakeTask(version_, 4), 1, simulation.Start()));
  }
  absl::Time now = simulation.Start() + absl::Milliseconds(3);
  for (int i = 0; i < 50; ++i, now += absl::Milliseconds(31)) {
    ASSERT_TRUE(simulation.Arrive(MakeTask(version_, 4, now + kDeadline), 2, now));
  }
  simulation.RunUntil(now);
  ASSERT_EQ(Took(simulation, 2).size(), 50);
  // A batch that runs, one of the other, and its own, which the other fills.
  EXPECT_LE(Quantile(Took(simulation, 2), 1), absl::Milliseconds(24));
}

// The same among versions.
TEST_F(OverloadTest, ACallerDoesNotWaitForWhatAnotherHasQueuedForOtherModels) {
  QueueSimulation simulation({.max_batch_rows = 8,
                              .max_batch_multiply_adds = 1'000'000'000,
                              .max_queue_wait = absl::Hours(1)},
                             1, Speed());
  std::vector<std::shared_ptr<const LoadedVersion>> others;
  for (int i = 0; i < 20; ++i) others.push_back(MakeVersion("other", /*samples=*/65'536));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(simulation.Arrive(MakeTask(others[i % 20], 4), 1, simulation.Start()));
  }
  const absl::Time now = simulation.Start() + absl::Milliseconds(3);
  ASSERT_TRUE(simulation.Arrive(MakeTask(version_, 4, now + kDeadline), 2, now));
  simulation.RunUntil(now + kDeadline);
  ASSERT_EQ(Took(simulation, 2).size(), 1);
  EXPECT_LE(Took(simulation, 2)[0], absl::Milliseconds(24));
}

// Whatever sizes their requests have, callers that always have something queued get equal work.
TEST_F(OverloadTest, CallersGetEqualWork) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    const size_t callers = 2 + random() % 5;
    BatchQueue queue({.max_batch_rows = 8,
                      .max_batch_multiply_adds = 1'000'000'000,
                      .max_queue_wait = absl::InfiniteDuration()},
                     1);
    std::map<const ScoreTask*, size_t> caller_of;
    std::vector<size_t> largest(callers);
    for (size_t& size : largest) size = 1 + random() % 30;
    const absl::Time now = QueueSimulation::Start();
    std::vector<std::shared_ptr<const LoadedVersion>> versions = {
        version_, MakeVersion("b", /*samples=*/65'536)};
    for (int i = 0; i < 1000; ++i) {
      for (size_t caller = 0; caller < callers; ++caller) {
        const size_t size = 1 + random() % largest[caller];
        const auto task = MakeTask(versions[caller % 2], size);
        ASSERT_THAT(queue.Push(task, caller, now), IsOk());
        caller_of[task.get()] = caller;
      }
    }
    std::vector<size_t> served(callers);
    for (int i = 0; i < 100; ++i) {
      const Batch batch = queue.PopReady(now);
      queue.Finish(batch, 0, absl::ZeroDuration(), now);
      for (const BatchSlice& slice : batch.slices) {
        served[caller_of.at(slice.task.get())] += slice.rows;
      }
      const auto [least, most] = std::minmax_element(served.begin(), served.end());
      ASSERT_LE(*most - *least, 16) << "after " << i << " batches for " << callers << " callers";
    }
  }
}

}  // namespace
}  // namespace advae
