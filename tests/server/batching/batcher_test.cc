#include "server/batching/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <limits>
#include <optional>
#include <random>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "model/scoring/latent_plan.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::FeaturesOf;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::PumpBundle;
using testing::PumpTable;
using testing::RandomBundle;
using testing::RandomRows;
using testing::RandomWeights;
using testing::StatusIs;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A request with its own memory, scored by a batcher.
struct Request {
  Request(std::shared_ptr<const LoadedVersion> version, Matrix matrix, bool explain = false)
      : rows(std::move(matrix)), scores(rows.rows()) {
    if (explain) expected.resize(rows.values.size());
    contributions.resize(expected.size());
    work = {.version = std::move(version),
            .rows = rows.view(),
            .scores = scores,
            .details = {.expected = expected, .contributions = contributions}};
  }

  absl::Status Submit(Batcher& batcher) {
    return batcher.Submit(std::make_shared<ScoreTask>(work, [this](absl::Status status) {
      outcome = std::move(status);
      done.Notify();  // a second call would abort
    }));
  }
  absl::Status Outcome() {
    done.WaitForNotification();
    return outcome;
  }

  Matrix rows;
  std::vector<double> scores;
  std::vector<float> expected;
  std::vector<double> contributions;
  ScoreWork work;
  absl::Status outcome;
  absl::Notification done;
};

// Rows that are copied when they are scored, each at most once.
class CopiedRows : public RowSource {
 public:
  explicit CopiedRows(MatrixView rows) : rows_(rows), reads_(rows.rows) {}

  void Read(size_t first, size_t count, std::span<float> features) override {
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(reads_[first + i]++, 0);
      std::ranges::copy(rows_.row(first + i), features.begin() + i * rows_.columns);
    }
  }

 private:
  const MatrixView rows_;
  std::vector<int> reads_;
};

class BatcherTest : public ::testing::Test {
 protected:
  // What the scorer says of the rows, all at once.
  std::vector<double> Expected(const Matrix& rows) const {
    std::vector<double> scores(rows.rows());
    version_->scorer().Score(rows.view(), scores);
    return scores;
  }

  Metrics metrics_;
  const std::shared_ptr<const LoadedVersion> version_ = *LoadedVersion::Create(*RandomBundle("a"));
};

TEST_F(BatcherTest, ScoresAsTheScorerDoes) {
  Batcher batcher({.max_batch_rows = 4}, 2, metrics_.batcher());
  Request request(version_, RandomRows(33, 3, 1));
  ASSERT_THAT(request.Submit(batcher), IsOk());
  EXPECT_THAT(request.Outcome(), IsOk());
  EXPECT_EQ(request.scores, Expected(request.rows));
}

TEST_F(BatcherTest, MixedRequestsGetTheirOwnScoresToTheBit) {
  std::mt19937 random(3);
  std::deque<Request> requests;
  {
    Batcher batcher({.max_batch_rows = 7}, 3, metrics_.batcher());
    for (uint32_t i = 0; i < 300; ++i) {
      requests.emplace_back(version_, RandomRows(1 + random() % 20, 3, i), i % 3 == 0);
      ASSERT_THAT(requests.back().Submit(batcher), IsOk());
    }
    // The destructor scores what is queued.
  }
  for (Request& request : requests) {
    ASSERT_TRUE(request.done.HasBeenNotified());
    EXPECT_THAT(request.outcome, IsOk());
    EXPECT_EQ(request.scores, Expected(request.rows));
    if (!request.expected.empty()) {
      std::vector<float> expected(request.rows.values.size());
      std::vector<double> contributions(request.rows.values.size());
      version_->scorer().Score(request.rows.view(), request.scores,
                               {.expected = expected, .contributions = contributions});
      EXPECT_EQ(request.expected, expected);
      EXPECT_EQ(request.contributions, contributions);
    }
  }
}

TEST_F(BatcherTest, RowsThatAreNotFiniteSpareTheOthers) {
  Matrix rows = RandomRows(6, 3, 2);
  const std::vector<double> expected = Expected(rows);
  rows.values[1 * 3 + 2] = kNan;
  rows.values[3 * 3] = -kInfinity;
  rows.values[5 * 3] = kInfinity;
  rows.values[5 * 3 + 1] = kNan;
  Batcher batcher({.max_batch_rows = 2}, 1, metrics_.batcher());
  Request request(version_, rows, /*explain=*/true);
  ASSERT_THAT(request.Submit(batcher), IsOk());
  EXPECT_THAT(request.Outcome(), IsOk());
  for (const size_t i : {0, 2, 4}) EXPECT_EQ(request.scores[i], expected[i]);
  for (const size_t i : {1, 5}) EXPECT_TRUE(std::isnan(request.scores[i]));
  EXPECT_EQ(request.scores[3], std::numeric_limits<double>::infinity());
}

// Small tasks, large ones in slices, and batches of several tasks.
TEST_F(BatcherTest, RowsOfASourceScoreAsThoseThatAreThere) {
  std::mt19937 random(3);
  std::deque<Request> requests;
  std::deque<CopiedRows> sources;
  {
    Batcher batcher({.max_batch_rows = 7}, 3, metrics_.batcher());
    for (uint32_t i = 0; i < 100; ++i) {
      const size_t rows = i % 50 == 0 ? 5000 : 1 + random() % 20;
      Request& request = requests.emplace_back(version_, RandomRows(rows, 3, i), i % 3 == 0);
      if (i % 4 == 0) request.rows.values[0] = kNan;
      if (i % 5 == 0) request.rows.values.back() = kInfinity;
      request.work.source = &sources.emplace_back(request.rows.view());
      request.work.rows.values = nullptr;
      ASSERT_THAT(request.Submit(batcher), IsOk());
    }
  }
  for (Request& request : requests) {
    EXPECT_THAT(request.Outcome(), IsOk());
    Request plain(version_, request.rows, !request.expected.empty());
    Batcher batcher({}, 1, metrics_.batcher());
    ASSERT_THAT(plain.Submit(batcher), IsOk());
    EXPECT_THAT(plain.Outcome(), IsOk());
    for (size_t i = 0; i < plain.scores.size(); ++i) {
      if (std::isnan(plain.scores[i])) {
        EXPECT_TRUE(std::isnan(request.scores[i]));
      } else {
        EXPECT_EQ(request.scores[i], plain.scores[i]);
      }
    }
    EXPECT_EQ(request.contributions, plain.contributions);
  }
}

TEST_F(BatcherTest, AMissingValueIsScoredByAVersionThatTakesIt) {
  const auto version = *LoadedVersion::Create(*PumpBundle("pump"));
  Matrix rows = FeaturesOf(PumpTable(10, 3), *version->encoder());
  std::vector<double> expected(10);
  version->scorer().Score(rows.view(), expected);
  rows.values[2 * rows.columns] = kInfinity;
  rows.values[3 * rows.columns] = kInfinity;
  rows.values[3 * rows.columns + 1] = kNan;
  for (const bool in_place : {true, false}) {
    CopiedRows source(rows.view());
    Request request(version, rows);
    if (!in_place) request.work.source = &source;
    Batcher batcher({}, 1, metrics_.batcher());
    ASSERT_THAT(request.Submit(batcher), IsOk());
    EXPECT_THAT(request.Outcome(), IsOk());
    for (size_t i = 0; i < 10; ++i) {
      EXPECT_EQ(request.scores[i],
                i == 2 || i == 3 ? std::numeric_limits<double>::infinity() : expected[i]);
    }
  }
}

TEST_F(BatcherTest, OnlyRowsThatAreNotFinite) {
  Batcher batcher({}, 1, metrics_.batcher());
  Request request(version_, {.values = {kNan, 0, 0, 0, kInfinity, 0}, .columns = 3});
  ASSERT_THAT(request.Submit(batcher), IsOk());
  EXPECT_THAT(request.Outcome(), IsOk());
  EXPECT_TRUE(std::isnan(request.scores[0]));
  EXPECT_EQ(request.scores[1], std::numeric_limits<double>::infinity());
}

TEST_F(BatcherTest, ExpiredWorkIsNotScored) {
  Batcher batcher({}, 1, metrics_.batcher());
  Request request(version_, RandomRows(100, 3, 1));
  request.work.deadline = absl::InfinitePast();
  ASSERT_THAT(request.Submit(batcher), IsOk());
  EXPECT_THAT(request.Outcome(),
              StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("queued")));
  EXPECT_EQ(request.scores, std::vector<double>(100));
}

TEST_F(BatcherTest, CancelledWorkIsNotScored) {
  Batcher batcher({}, 1, metrics_.batcher());
  Request request(version_, RandomRows(100, 3, 1));
  request.work.caller.cancelled = [] { return true; };
  ASSERT_THAT(request.Submit(batcher), IsOk());
  EXPECT_THAT(request.Outcome(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
  EXPECT_EQ(request.scores, std::vector<double>(100));
}

TEST_F(BatcherTest, RefusedWorkGetsNoCompletion) {
  Batcher batcher({.max_queued_rows = 10}, 1, metrics_.batcher());
  const size_t rows = Batcher::kSmall / version_->scorer().multiply_adds() + 1;
  Request request(version_, RandomRows(rows, 3, 1));
  EXPECT_THAT(request.Submit(batcher),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("full")));
  EXPECT_FALSE(request.done.HasBeenNotified());
}

// A request that also tells which thread completed it, and can hold that thread.
struct TracedRequest : Request {
  using Request::Request;

  absl::Status Submit(Batcher& batcher, absl::Notification* hold = nullptr) {
    return batcher.Submit(std::make_shared<ScoreTask>(work, [this, hold](absl::Status status) {
      outcome = std::move(status);
      thread = std::this_thread::get_id();
      done.Notify();
      if (hold != nullptr) hold->WaitForNotification();
    }));
  }
  bool ScoredHere() { return Outcome().ok() && thread == std::this_thread::get_id(); }

  std::thread::id thread;
};

TEST_F(BatcherTest, OnlyLargeTasksAreHandedToAnIdleThread) {
  const size_t cost = version_->scorer().multiply_adds();
  Batcher batcher({}, 1, metrics_.batcher());
  for (const size_t rows :
       {size_t{1}, Batcher::kSmall / cost, Batcher::kMedium / cost, Batcher::kMedium / cost + 1}) {
    TracedRequest request(version_, RandomRows(rows, 3, 1));
    ASSERT_THAT(request.Submit(batcher), IsOk());
    EXPECT_EQ(request.ScoredHere(), rows <= Batcher::kMedium / cost) << rows << " rows";
    EXPECT_EQ(request.scores, Expected(request.rows));
  }
}

TEST_F(BatcherTest, SmallTasksDoNotWaitForABusyThread) {
  const size_t cost = version_->scorer().multiply_adds();
  TracedRequest large(version_, RandomRows(Batcher::kMedium / cost + 1, 3, 1));
  TracedRequest small(version_, RandomRows(Batcher::kSmall / cost, 3, 1));
  TracedRequest medium(version_, RandomRows(Batcher::kSmall / cost + 1, 3, 1));
  absl::Notification release;
  Batcher batcher({}, 1, metrics_.batcher());
  ASSERT_THAT(large.Submit(batcher, &release), IsOk());
  EXPECT_THAT(large.Outcome(), IsOk());
  ASSERT_THAT(small.Submit(batcher), IsOk());
  EXPECT_TRUE(small.ScoredHere());
  ASSERT_THAT(medium.Submit(batcher), IsOk());
  EXPECT_FALSE(medium.done.HasBeenNotified());
  release.Notify();
  EXPECT_FALSE(medium.ScoredHere());
  EXPECT_EQ(medium.scores, Expected(medium.rows));
}

// A row that takes much longer than a batch may has breaks.
class HeavyRowTest : public BatcherTest {
 protected:
  // A row of `heavy_` takes hundreds of batches of this budget.
  static constexpr size_t kBudget = 100'000;

  void SetUp() override {
    VersionBundle bundle = *RandomBundle("heavy");
    bundle.ensemble.front().networks = RandomWeights({3, 5, 4, 2, 32, 32}, /*seed=*/1);
    v1::LatentPlanSpec spec;
    spec.set_samples(1 << 16);
    bundle.plan = *DrawLatentPlan(spec, bundle.plan.latent_size, /*default_seed=*/1);
    heavy_ = *LoadedVersion::Create(std::move(bundle));
    ASSERT_GT(heavy_->scorer().multiply_adds(), 100 * kBudget);
    // So that it is not scored at once.
    ASSERT_GT(heavy_->scorer().multiply_adds(), Batcher::kMedium);
  }

  std::shared_ptr<const LoadedVersion> heavy_;
};

// That the row comes from a source takes no break away.
TEST_F(HeavyRowTest, OfASourceHasBreaks) {
  Request heavy(heavy_, RandomRows(1, 3, 1));
  CopiedRows source(heavy.rows.view());
  heavy.work.source = &source;
  heavy.work.rows.values = nullptr;
  std::atomic<int> asked = 0;
  heavy.work.caller.cancelled = [&asked] { return ++asked > 10; };
  Batcher batcher({.max_batch_multiply_adds = kBudget}, 1, metrics_.batcher());
  ASSERT_THAT(heavy.Submit(batcher), IsOk());
  EXPECT_THAT(heavy.Outcome(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
}

TEST_F(HeavyRowTest, OthersAreServedInItsBreaks) {
  Request heavy(heavy_, RandomRows(1, 3, 1));
  Request other(version_,
                RandomRows(Batcher::kSmall / version_->scorer().multiply_adds() + 1, 3, 1));
  Batcher batcher({.max_batch_multiply_adds = kBudget}, 1, metrics_.batcher());
  absl::Notification begun;
  absl::Notification submitted;
  bool other_was_done = false;
  int asked = 0;
  heavy.work.caller.cancelled = [&] {
    if (++asked == 2) {  // in its first break
      begun.Notify();
      submitted.WaitForNotification();
    }
    other_was_done = other.done.HasBeenNotified();
    return false;
  };
  ASSERT_THAT(heavy.Submit(batcher), IsOk());
  begun.WaitForNotification();
  ASSERT_THAT(other.Submit(batcher), IsOk());
  submitted.Notify();
  EXPECT_THAT(other.Outcome(), IsOk());
  EXPECT_THAT(heavy.Outcome(), IsOk());
  EXPECT_TRUE(other_was_done);  // when the heavy row had its last break
  EXPECT_EQ(heavy.scores, [&] {
    std::vector<double> scores(1);
    heavy_->scorer().Score(heavy.rows.view(), scores);
    return scores;
  }());
  EXPECT_EQ(other.scores, Expected(other.rows));
}

TEST_F(HeavyRowTest, ItEndsWhenItsCallerHasLostInterest) {
  Request heavy(heavy_, RandomRows(1, 3, 1));
  Batcher batcher({.max_batch_multiply_adds = kBudget}, 1, metrics_.batcher());
  int asked = 0;
  heavy.work.caller.cancelled = [&] { return ++asked == 4; };
  ASSERT_THAT(heavy.Submit(batcher), IsOk());
  EXPECT_THAT(heavy.Outcome(), StatusIs(absl::StatusCode::kCancelled, HasSubstr("cancelled")));
  EXPECT_EQ(asked, 4);
}

// The callers' functions may do what they like, also submit tasks.
TEST_F(BatcherTest, CallersAreAskedWithoutLocks) {
  Batcher batcher({.max_batch_delay = absl::Milliseconds(1)}, 1, metrics_.batcher());
  Request first(version_, RandomRows(1, 3, 1));
  Request second(version_, RandomRows(1, 3, 1));
  Request third(version_, RandomRows(1, 3, 1));
  first.work.caller.key = [&] {
    EXPECT_THAT(second.Submit(batcher), IsOk());
    return 1;
  };
  first.work.caller.cancelled = [&, asked = false]() mutable {
    if (!std::exchange(asked, true)) {
      EXPECT_THAT(third.Submit(batcher), IsOk());
    }
    return false;
  };
  ASSERT_THAT(first.Submit(batcher), IsOk());
  for (Request* request : {&first, &second, &third}) EXPECT_THAT(request->Outcome(), IsOk());
}

TEST_F(BatcherTest, WaitsForMoreRowsNoLongerThanTheDelay) {
  Batcher batcher({.max_batch_rows = 100, .max_batch_delay = absl::Milliseconds(1)}, 1,
                  metrics_.batcher());
  Request request(version_, RandomRows(1, 3, 1));
  ASSERT_THAT(request.Submit(batcher), IsOk());
  EXPECT_THAT(request.Outcome(), IsOk());
}

}  // namespace
}  // namespace advae
