#include "server/history/model_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNoon = absl::UnixEpoch() + absl::Hours(12);

v1::ScoreResponse OneRow() {
  v1::ScoreResponse response;
  response.add_scores(1);
  response.add_p_values(0.5);
  response.add_anomalies(false);
  return response;
}

ScoredRow RowOf(double score, bool is_alarm = true, size_t values = 3) {
  ScoredRow row;
  row.score = score;
  row.is_alarm = is_alarm;
  row.request.set_model("pump");
  row.request.mutable_rows()->mutable_values()->Resize(static_cast<int>(values), 1);
  return row;
}

std::vector<double> ScoresOf(const std::vector<KeptRow>& rows) {
  std::vector<double> scores;
  for (const KeptRow& kept : rows) scores.push_back(kept.row->score);
  return scores;
}

class ModelHistoryTest : public ::testing::Test {
 protected:
  void Count(absl::Time now, int requests = 1) {
    for (int i = 0; i < requests; ++i) history_.Count(OneRow(), absl::Milliseconds(1), now);
  }
  // Rows by minute, without the empty ones at the start.
  std::vector<uint64_t> RowsByMinute(absl::Time now) const {
    std::vector<uint64_t> rows;
    for (const ModelHistory::Minute& minute : history_.Minutes(now)) {
      if (minute.counts.rows > 0 || !rows.empty()) rows.push_back(minute.counts.rows);
    }
    return rows;
  }

  const std::shared_ptr<ModelHistory::RowBytes> bytes_ =
      std::make_shared<ModelHistory::RowBytes>(0);
  ModelHistory history_{{.rows = 3, .max_row_bytes = 10'000}, bytes_};
};

TEST_F(ModelHistoryTest, HasAnHourOfMinutesAlsoWithoutRequests) {
  const auto minutes = history_.Minutes(kNoon + absl::Seconds(30));
  ASSERT_EQ(minutes.size(), 60);
  EXPECT_EQ(minutes.back().start, kNoon);
  EXPECT_EQ(minutes.front().start, kNoon - absl::Minutes(59));
  EXPECT_EQ(minutes.back().counts.requests, 0);
}

TEST_F(ModelHistoryTest, CountsByTheMinute) {
  Count(kNoon, 2);
  Count(kNoon + absl::Seconds(59), 3);
  Count(kNoon + absl::Minutes(2));
  EXPECT_THAT(RowsByMinute(kNoon + absl::Minutes(3)), ElementsAre(5, 0, 1, 0));
}

TEST_F(ModelHistoryTest, ForgetsWhatIsOlderThanAnHour) {
  Count(kNoon, 2);
  Count(kNoon + absl::Minutes(59));
  EXPECT_EQ(RowsByMinute(kNoon + absl::Minutes(59)).front(), 2);
  EXPECT_THAT(RowsByMinute(kNoon + absl::Minutes(60)), ElementsAre(1, 0));
  Count(kNoon + absl::Minutes(60));  // takes the place of the first
  EXPECT_THAT(RowsByMinute(kNoon + absl::Minutes(60)), ElementsAre(1, 1));
  EXPECT_THAT(RowsByMinute(kNoon + absl::Hours(5)), IsEmpty());
  Count(kNoon + absl::Hours(5));
  EXPECT_THAT(RowsByMinute(kNoon + absl::Hours(5)), ElementsAre(1));
}

TEST_F(ModelHistoryTest, AThreadThatIsLateCountsInTheLatestMinute) {
  Count(kNoon + absl::Minutes(1));
  Count(kNoon + absl::Seconds(59));
  EXPECT_THAT(RowsByMinute(kNoon + absl::Minutes(1)), ElementsAre(2));
}

TEST_F(ModelHistoryTest, KeepsTheLatestRowsOfEachKind) {
  for (const double score : {1, 2, 3, 4}) history_.Keep(RowOf(score));
  history_.Keep(RowOf(0.5, /*is_alarm=*/false));
  EXPECT_THAT(ScoresOf(history_.Alarms()), ElementsAre(4, 3, 2));
  EXPECT_THAT(ScoresOf(history_.NearAlarms()), ElementsAre(0.5));
}

TEST_F(ModelHistoryTest, TakesAFewRowsASecond) {
  const auto taken = [&](bool is_alarm, absl::Time now) {
    int turns = 0;
    while (history_.TakeTurn(is_alarm, now)) ++turns;
    return turns;
  };
  EXPECT_EQ(taken(true, kNoon), 5);
  EXPECT_EQ(taken(false, kNoon), 1);
  EXPECT_EQ(taken(true, kNoon + absl::Milliseconds(999)), 0);
  EXPECT_EQ(taken(true, kNoon + absl::Seconds(1)), 5);
}

TEST_F(ModelHistoryTest, ARowIsCloseToAnAlarmUpToFiveTimesAlpha) {
  EXPECT_TRUE(ModelHistory::IsNear(0.05, 0.01));
  EXPECT_FALSE(ModelHistory::IsNear(0.051, 0.01));
  EXPECT_TRUE(ModelHistory::IsNear(0.5, 0.3));
  EXPECT_FALSE(ModelHistory::IsNear(0.51, 0.3));
}

TEST_F(ModelHistoryTest, WithoutRoomForRowsThereAreCountsAlone) {
  ModelHistory history({.rows = 0}, bytes_);
  EXPECT_FALSE(history.TakeTurn(true, kNoon));
  history.Count(OneRow(), absl::Milliseconds(1), kNoon);
  EXPECT_EQ(history.Minutes(kNoon).back().counts.rows, 1);
}

TEST_F(ModelHistoryTest, ColumnsComeLater) {
  history_.Keep(RowOf(1));
  history_.Keep(RowOf(2));
  const KeptRow latest = history_.Alarms().front();
  EXPECT_EQ(latest.columns, nullptr);
  history_.SetColumns(latest.id, {{.contribution = {}, .number = 7}});
  ASSERT_NE(history_.Alarms()[0].columns, nullptr);
  EXPECT_EQ(history_.Alarms()[0].columns->front().number, 7);
  EXPECT_EQ(history_.Alarms()[1].columns, nullptr);
  history_.SetColumns(1000, {});  // of a row that is gone
}

TEST_F(ModelHistoryTest, RowsBeyondTheMemoryAreKeptWithoutValues) {
  history_.Keep(RowOf(1, true, 1500));
  history_.Keep(RowOf(2, true, 1500));
  const std::vector<KeptRow> rows = history_.Alarms();
  EXPECT_FALSE(rows[0].row->request.has_rows());
  EXPECT_EQ(rows[0].row->request.model(), "pump");
  EXPECT_TRUE(rows[1].row->request.has_rows());
  EXPECT_LE(*bytes_, 10'000);
  // Those that go make room.
  for (int i = 0; i < 3; ++i) history_.Keep(RowOf(3));
  history_.Keep(RowOf(4, true, 1500));
  EXPECT_TRUE(history_.Alarms()[0].row->request.has_rows());
}

TEST(ModelHistoryMemoryTest, IsGivenBack) {
  const auto bytes = std::make_shared<ModelHistory::RowBytes>(0);
  {
    ModelHistory history({}, bytes);
    for (int i = 0; i < 100; ++i) history.Keep(RowOf(i, i % 2 == 0));
    EXPECT_GT(*bytes, 0);
  }
  EXPECT_EQ(*bytes, 0);
}

TEST(ModelHistoryMemoryTest, ARowThatIsLargeIsKeptWithoutValues) {
  ModelHistory history({}, std::make_shared<ModelHistory::RowBytes>(0));
  history.Keep(RowOf(1, true, ModelHistory::kMaxRowBytes));
  EXPECT_FALSE(history.Alarms()[0].row->request.has_rows());
}

TEST_F(ModelHistoryTest, ThreadsCountTogether) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        Count(kNoon + absl::Seconds(i));
        if (history_.TakeTurn(true, kNoon + absl::Seconds(i))) history_.Keep(RowOf(i));
        history_.SetColumns(static_cast<uint64_t>(i), {});
        EXPECT_EQ(history_.Minutes(kNoon).size(), 60);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  uint64_t rows = 0;
  for (const auto& minute : history_.Minutes(kNoon + absl::Seconds(499))) {
    rows += minute.counts.rows;
  }
  EXPECT_EQ(rows, 2000);
}

}  // namespace
}  // namespace advae
