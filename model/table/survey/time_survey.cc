#include "model/table/survey/time_survey.h"

#include <algorithm>
#include <cmath>

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
    minimum_ = maximum_ = last_ = time;
    return;
  }
  (time > last_ ? risen_ : fallen_) +=
      std::abs(static_cast<double>(time) - static_cast<double>(last_));
  last_ = time;
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

bool TimeSurvey::AreWithoutDates() const { return !HaveDates(minimum_, maximum_); }

bool TimeSurvey::HasTimeOfDay() const {
  if (!has_other_times_of_day_) return false;
  if (!AreWithoutDates()) return SpansDays(kMinDaysForTimeOfDay);
  // They are of several days where they go through their range and back.
  return std::min(risen_, fallen_) >= static_cast<double>(maximum_ - minimum_);
}

bool TimeSurvey::HasDayOfWeek() const { return SpansDays(kMinDaysForWeekday); }

std::string TimeSurvey::Objection() const {
  if (HasTimeOfDay() || HasDayOfWeek()) return "";
  if (AreWithoutDates() && has_other_times_of_day_) {
    return "times without dates, in the order of a single day, too little to learn the time of day";
  }
  return has_other_times_of_day_ ? "spans less than two days, too little to learn the time of day"
                                 : "dates that span less than two weeks, too little to learn the "
                                   "day of the week";
}

void TimeSurvey::Summarize(v1::ColumnSchema& schema) const {
  v1::TimeSummary& summary = *schema.mutable_time();
  summary.set_minimum(minimum_);
  summary.set_maximum(maximum_);
  summary.set_date_order(date_order());
  if (schema.role() != v1::COLUMN_ROLE_FEATURE) return;
  summary.set_day_of_week(HasDayOfWeek());
  // Something, where a setting asks for a feature.
  summary.set_time_of_day(HasTimeOfDay() || !HasDayOfWeek());
}

}  // namespace advae
