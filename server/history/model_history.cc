#include "server/history/model_history.h"

#include <algorithm>
#include <utility>

namespace advae {
namespace {

constexpr int kAlarmsPerSecond = 5;
constexpr int kNearAlarmsPerSecond = 1;
constexpr double kNearFactor = 5;
constexpr double kNearMost = 0.5;

}  // namespace

ModelHistory::~ModelHistory() {
  for (const Rows* rows : {&alarms_, &near_alarms_}) {
    for (const KeptRow& kept : rows->rows) *row_bytes_ -= BytesOf(*kept.row);
  }
}

int64_t ModelHistory::MinuteOf(absl::Time now) {
  return absl::ToInt64Minutes(now - absl::UnixEpoch());
}

void ModelHistory::Count(const v1::ScoreResponse& response, absl::Duration latency, absl::Time now,
                         const v1::ThresholdRecord* in_force) {
  ScoreCounts counts;
  counts.CountRows(response, in_force);
  counts.CountRequest(latency);
  const int64_t minute = MinuteOf(now);

  absl::MutexLock lock(&mutex_);
  if (minutes_ == nullptr) {
    minutes_ = std::make_unique<std::array<ScoreCounts, kMinutes>>();
    latest_minute_ = minute;
  }
  // A thread may come a little late: its minute is then the latest one.
  const int64_t first_new =
      std::max(latest_minute_ + 1, minute - static_cast<int64_t>(kMinutes) + 1);
  for (int64_t m = first_new; m <= minute; ++m) (*minutes_)[m % kMinutes] = {};
  latest_minute_ = std::max(latest_minute_, minute);
  (*minutes_)[latest_minute_ % kMinutes] += counts;
}

bool ModelHistory::IsNear(double p_value, double alpha) {
  return p_value <= std::min(kNearFactor * alpha, kNearMost);
}

bool ModelHistory::TakeTurn(bool is_alarm, absl::Time now) {
  if (limits_.rows == 0) return false;
  const int64_t second = absl::ToUnixSeconds(now);
  absl::MutexLock lock(&mutex_);
  Rows& rows = is_alarm ? alarms_ : near_alarms_;
  if (rows.second != second) {
    rows.second = second;
    rows.turns = 0;
  }
  if (rows.turns >= (is_alarm ? kAlarmsPerSecond : kNearAlarmsPerSecond)) return false;
  ++rows.turns;
  return true;
}

void ModelHistory::Keep(ScoredRow row) {
  if (row.request.ByteSizeLong() > kMaxRowBytes ||
      *row_bytes_ + BytesOf(row) > limits_.max_row_bytes) {
    row.request.clear_rows();
    row.request.clear_table();
  }
  const bool is_alarm = row.is_alarm;
  auto shared = std::make_shared<const ScoredRow>(std::move(row));
  *row_bytes_ += BytesOf(*shared);
  absl::MutexLock lock(&mutex_);
  std::deque<KeptRow>& rows = (is_alarm ? alarms_ : near_alarms_).rows;
  rows.push_front({.id = next_id_++, .row = std::move(shared), .columns = nullptr});
  if (rows.size() <= static_cast<size_t>(limits_.rows)) return;
  *row_bytes_ -= BytesOf(*rows.back().row);
  rows.pop_back();
}

std::vector<ModelHistory::Minute> ModelHistory::Minutes(absl::Time now) const {
  const int64_t last = MinuteOf(now);
  std::vector<Minute> minutes;
  absl::MutexLock lock(&mutex_);
  for (int64_t m = last - static_cast<int64_t>(kMinutes) + 1; m <= last; ++m) {
    Minute& minute = minutes.emplace_back();
    minute.start = absl::UnixEpoch() + absl::Minutes(m);
    const bool is_known = minutes_ != nullptr && m <= latest_minute_ &&
                          m > latest_minute_ - static_cast<int64_t>(kMinutes);
    if (is_known) minute.counts = (*minutes_)[m % kMinutes];
  }
  return minutes;
}

std::vector<KeptRow> ModelHistory::Alarms() const {
  absl::MutexLock lock(&mutex_);
  return {alarms_.rows.begin(), alarms_.rows.end()};
}

std::vector<KeptRow> ModelHistory::NearAlarms() const {
  absl::MutexLock lock(&mutex_);
  return {near_alarms_.rows.begin(), near_alarms_.rows.end()};
}

void ModelHistory::SetColumns(uint64_t id, std::vector<ExplainedColumn> columns) {
  auto shared = std::make_shared<const std::vector<ExplainedColumn>>(std::move(columns));
  absl::MutexLock lock(&mutex_);
  for (Rows* rows : {&alarms_, &near_alarms_}) {
    for (KeptRow& kept : rows->rows) {
      if (kept.id == id) kept.columns = shared;
    }
  }
}

}  // namespace advae
