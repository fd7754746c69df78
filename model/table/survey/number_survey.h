#ifndef ADVAE_MODEL_TABLE_SURVEY_NUMBER_SURVEY_H_
#define ADVAE_MODEL_TABLE_SURVEY_NUMBER_SURVEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "model/table/survey/column_survey.h"
#include "model/table/survey/number_sample.h"

namespace advae {

// Of kFloats and kDoubles, and of kBools as 0 and 1. Objects to counters.
class NumberSurvey : public ColumnSurvey {
 private:
  v1::ColumnKind kind() const override { return v1::COLUMN_KIND_NUMBER; }
  void AddValue(const ColumnView& column, size_t row) override;
  std::optional<std::string> OnlyValue() const override;
  std::string Objection() const override;
  std::string Caution() const override;
  void Summarize(v1::ColumnSchema& schema) const override;
  absl::Status CheckFeature(const v1::ColumnSchema& schema) const override;

  // Whether nearly all steps go in one direction, as where the rows of one machine follow those of
  // another.
  bool GoesOneWay() const;
  // 0 when 32-bit floats tell the values apart as they are.
  double OffsetFor(const v1::NumberSummary& summary) const;

  NumberSample sample_;  // this and the following: of the finite values
  double first_ = 0;
  double last_ = 0;
  double minimum_ = 0;
  double maximum_ = 0;
  uint64_t up_ = 0;  // steps from value to value
  uint64_t down_ = 0;
  bool are_floats_ = true;  // all values are equal to a 32-bit float
  uint64_t infinite_ = 0;
  uint64_t first_infinite_ = 0;  // row, when there is one
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_NUMBER_SURVEY_H_
