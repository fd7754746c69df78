#ifndef ADVAE_MODEL_TABLE_SURVEY_CATEGORY_SURVEY_H_
#define ADVAE_MODEL_TABLE_SURVEY_CATEGORY_SURVEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/table/survey/column_survey.h"
#include "model/table/survey/text_counts.h"

namespace advae {

// Of all types but kTimes, by their texts. Objects to identifiers and to free text.
class CategorySurvey : public ColumnSurvey {
 public:
  static constexpr size_t kMaxOneHot = 32;
  static constexpr size_t kMaxListed = 10'000;

 private:
  v1::ColumnKind kind() const override { return v1::COLUMN_KIND_CATEGORY; }
  void StartChunk(const ColumnView& column) override;
  void AddValue(const ColumnView& column, size_t row) override;
  std::optional<std::string> OnlyValue() const override;
  std::string Objection() const override;
  std::string Caution() const override;
  void Summarize(v1::ColumnSchema& schema) const override;

  // A caution where numbers are categories because of others among them; otherwise empty.
  std::string NumbersCaution() const;
  // The same where nearly all values are numbers with a unit.
  std::string UnitsCaution() const;
  bool IsIdentifier() const;
  // Whether new values keep coming, as ids of sessions do that are those of several rows each.
  bool IsRenewed() const;

  TextCounts counts_;
  uint64_t bytes_ = 0;  // of the texts of all values
  // For each text of the chunk's dictionary, its place in counts_, once a row has had it.
  std::vector<std::optional<uint32_t>> places_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_CATEGORY_SURVEY_H_
