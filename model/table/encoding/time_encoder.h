#ifndef ADVAE_MODEL_TABLE_ENCODING_TIME_ENCODER_H_
#define ADVAE_MODEL_TABLE_ENCODING_TIME_ENCODER_H_

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "model/table/encoding/column_encoder.h"
#include "model/table/time_parts.h"

namespace advae {

// The sine and the cosine of the time of day, of the day of the week, or both, in this order.
class TimeEncoder : public ColumnEncoder {
 public:
  explicit TimeEncoder(const v1::TimeSummary& summary);

  std::vector<std::string> FeatureSuffixes() const override;
  void Encode(const ColumnView& column, std::span<const uint32_t> categories, size_t first,
              size_t count, const EncodedCells& cells) const override;
  TableEncoder::Expected Describe(std::span<const float> features) const override;
  std::string TextOf(const ColumnView& column, size_t row) const override;

 private:
  const bool has_time_of_day_;
  const bool has_weekday_;
  const bool has_dates_;
  std::array<CyclePoint, kDaysOfWeek> weekdays_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_ENCODING_TIME_ENCODER_H_
