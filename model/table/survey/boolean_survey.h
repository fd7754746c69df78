#ifndef ADVAE_MODEL_TABLE_SURVEY_BOOLEAN_SURVEY_H_
#define ADVAE_MODEL_TABLE_SURVEY_BOOLEAN_SURVEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "model/table/survey/column_survey.h"

namespace advae {

// Of kBools.
class BooleanSurvey : public ColumnSurvey {
 private:
  v1::ColumnKind kind() const override { return v1::COLUMN_KIND_BOOLEAN; }
  void AddValue(const ColumnView& column, size_t row) override {
    true_ += column.boolean(row) ? 1 : 0;
  }
  std::optional<std::string> OnlyValue() const override {
    if (true_ > 0 && true_ < values()) return std::nullopt;
    return true_ > 0 ? "true" : "false";
  }
  std::string Objection() const override { return ""; }
  void Summarize(v1::ColumnSchema& schema) const override {
    schema.mutable_boolean()->set_true_share(static_cast<double>(true_) /
                                             static_cast<double>(values()));
  }

  uint64_t true_ = 0;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_BOOLEAN_SURVEY_H_
