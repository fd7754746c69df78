#include "server/metrics/version_statistics.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "server/metrics/request_clock.h"

namespace advae {
namespace {

TEST(VersionStatisticsTest, BeginsWithNothing) {
  const VersionStatistics::Counts counts = VersionStatistics().counts();
  EXPECT_EQ(counts.answers, 0);
  EXPECT_EQ(counts.errors, 0);
  EXPECT_EQ(counts.batches, 0);
  EXPECT_EQ(counts.last_batch, absl::InfinitePast());
  EXPECT_TRUE(counts.by_rows.empty());
}

TEST(VersionStatisticsTest, AddsUp) {
  VersionStatistics statistics;
  const RequestTimes times = {.input = absl::Nanoseconds(3),
                              .queue = absl::Microseconds(2),
                              .scoring = absl::Milliseconds(1),
                              .output = absl::Nanoseconds(40)};
  statistics.CountAnswer(5, times);
  statistics.CountAnswer(7, times);
  statistics.CountError(absl::Seconds(3));
  const VersionStatistics::Counts counts = statistics.counts();
  EXPECT_EQ(counts.answers, 2);
  EXPECT_EQ(counts.rows, 12);
  EXPECT_EQ(counts.times.input, absl::Nanoseconds(6));
  EXPECT_EQ(counts.times.queue, absl::Microseconds(4));
  EXPECT_EQ(counts.times.scoring, absl::Milliseconds(2));
  EXPECT_EQ(counts.times.output, absl::Nanoseconds(80));
  EXPECT_EQ(counts.times.total(), absl::Nanoseconds(2'004'086));
  EXPECT_EQ(counts.errors, 1);
  EXPECT_EQ(counts.error_time, absl::Seconds(3));
}

TEST(VersionStatisticsTest, TellsSmallBatchesApart) {
  constexpr size_t kMost = VersionStatistics::kMaxListedRows;
  VersionStatistics statistics;
  statistics.CountBatch(kMost, absl::Nanoseconds(8), absl::FromUnixMillis(1));
  statistics.CountBatch(1, absl::Nanoseconds(1), absl::FromUnixMillis(2));
  statistics.CountBatch(1, absl::Nanoseconds(2), absl::FromUnixMillis(3));
  statistics.CountBatch(kMost + 1, absl::Nanoseconds(9), absl::FromUnixMillis(4));
  const VersionStatistics::Counts counts = statistics.counts();
  EXPECT_EQ(counts.batches, 4);
  EXPECT_EQ(counts.last_batch, absl::FromUnixMillis(4));
  ASSERT_EQ(counts.by_rows.size(), 2);
  EXPECT_EQ(counts.by_rows[0].rows, 1);
  EXPECT_EQ(counts.by_rows[0].count, 2);
  EXPECT_EQ(counts.by_rows[0].scoring, absl::Nanoseconds(3));
  EXPECT_EQ(counts.by_rows[1].rows, kMost);
  EXPECT_EQ(counts.by_rows[1].count, 1);
}

TEST(VersionStatisticsTest, TimeThatRunsBackwardsIsNone) {
  VersionStatistics statistics;
  statistics.CountError(-absl::Seconds(1));
  EXPECT_EQ(statistics.counts().error_time, absl::ZeroDuration());
}

TEST(VersionStatisticsTest, LosesNothingBetweenThreads) {
  VersionStatistics statistics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&statistics] {
      for (int n = 0; n < 10'000; ++n) {
        statistics.CountAnswer(3, {.input = absl::Nanoseconds(1)});
        statistics.CountBatch(3, absl::Nanoseconds(1), absl::UnixEpoch());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const VersionStatistics::Counts counts = statistics.counts();
  EXPECT_EQ(counts.answers, 40'000);
  EXPECT_EQ(counts.rows, 120'000);
  EXPECT_EQ(counts.times.total(), absl::Nanoseconds(40'000));
  EXPECT_EQ(counts.by_rows.front().count, 40'000);
}

TEST(RequestClockTest, CountsARequestOfAKnownVersion) {
  const auto statistics = std::make_shared<VersionStatistics>();
  RequestClock unknown;
  unknown.Start();
  unknown.End(absl::NotFoundError("no such model"));

  RequestClock failed;
  failed.Start();
  failed.SetStatistics(statistics);
  failed.End(absl::InvalidArgumentError("no rows"));
  EXPECT_EQ(statistics->counts().errors, 1);
  EXPECT_EQ(statistics->counts().answers, 0);

  RequestClock answered;
  const absl::Time start = SteadyNow();
  answered.Start();
  answered.SetStatistics(statistics);
  answered.Submit(9);
  answered.SetScored();
  answered.End(absl::OkStatus());
  const absl::Duration elapsed = SteadyNow() - start;
  const VersionStatistics::Counts counts = statistics->counts();
  EXPECT_EQ(counts.answers, 1);
  EXPECT_EQ(counts.rows, 9);
  EXPECT_LE(counts.times.total(), elapsed);
  EXPECT_EQ(counts.errors, 1);
}

}  // namespace
}  // namespace advae
