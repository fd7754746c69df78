#ifndef ADVAE_MODEL_TABLE_SURVEY_TIME_SURVEY_H_
#define ADVAE_MODEL_TABLE_SURVEY_TIME_SURVEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "model/table/survey/column_survey.h"

namespace advae {

// Of kTimes. Objects to times that span too little for the time of day and the day of the week.
class TimeSurvey : public ColumnSurvey {
 private:
  v1::ColumnKind kind() const override { return v1::COLUMN_KIND_TIME; }
  void AddValue(const ColumnView& column, size_t row) override;
  std::optional<std::string> OnlyValue() const override;
  std::string Objection() const override;
  void Summarize(v1::ColumnSchema& schema) const override;

  bool SpansDays(uint64_t days) const;
  // Whether all are of 1970-01-01, as clients send times without dates.
  bool AreWithoutDates() const;
  // Whether these tell anything.
  bool HasTimeOfDay() const;
  bool HasDayOfWeek() const;

  std::optional<int64_t> time_of_day_;  // of the first value
  bool has_other_times_of_day_ = false;
  int64_t minimum_ = 0;
  int64_t maximum_ = 0;
  int64_t last_ = 0;
  // Microseconds by which they grow and fall from row to row, in all.
  double risen_ = 0;
  double fallen_ = 0;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_TIME_SURVEY_H_
