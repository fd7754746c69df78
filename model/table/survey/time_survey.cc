#include "model/table/survey/time_survey.h"

#include <algorithm>

#include "model/table/time_parts.h"

namespace advae {
namespace {

constexpr uint64_t kMinDaysForTimeOfDay = 2;
constexpr uint64_t kMinDaysForWeekday = 14;

}  // namespace

void TimeSurvey::AddValue(const ColumnView& column, size_t row) {
  const int64_t time = column.time(row);
  const int64_t time_of_day = TimePartsOf(time).microsecond;
  if (!time_of_day_) {
    time_of_day_ = time_of_day;
    minimum_ = maximum_ = time;
    return;
  }
  has_other_times_of_day_ = has_other_times_of_day_ || time_of_day != *time_of_day_;
  minimum_ = std::min(minimum_, time);
  maximum_ = std::max(maximum_, time);
}

std::optional<std::string> TimeSurvey::OnlyValue() const {
  if (minimum_ != maximum_) return std::nullopt;
  return TimeText(minimum_);
}

bool TimeSurvey::SpansDays(uint64_t days) const {
  const uint64_t span = static_cast<uint64_t>(maximum_) - static_cast<uint64_t>(minimum_);
  return span >= days * static_cast<uint64_t>(kMicrosecondsOfDay);
}

bool TimeSurvey::HasTimeOfDay() const {
  return SpansDays(kMinDaysForTimeOfDay) && has_other_times_of_day_;
}

bool TimeSurvey::HasDayOfWeek() const { return SpansDays(kMinDaysForWeekday); }

std::string TimeSurvey::Objection() const {
  if (HasTimeOfDay() || HasDayOfWeek()) return "";
  return has_other_times_of_day_ ? "spans less than two days, too little to learn the time of day"
                                 : "dates that span less than two weeks, too little to learn the "
                                   "day of the week";
}

void TimeSurvey::Summarize(v1::ColumnSchema& schema) const {
  v1::TimeSummary& summary = *schema.mutable_time();
  summary.set_minimum(minimum_);
  summary.set_maximum(maximum_);
  if (schema.role() != v1::COLUMN_ROLE_FEATURE) return;
  summary.set_day_of_week(HasDayOfWeek());
  // Something, where a setting asks for a feature.
  summary.set_time_of_day(HasTimeOfDay() || !HasDayOfWeek());
}

}  // namespace advae
