#include "model/table/encoding/time_encoder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "model/table/encoding/encode_rows.h"
#include "model/table/time_parts.h"

namespace advae {
namespace {

constexpr size_t kPointSize = std::tuple_size_v<CyclePoint>;

}  // namespace

TimeEncoder::TimeEncoder(const v1::TimeSummary& summary)
    : has_time_of_day_(summary.time_of_day()),
      has_weekday_(summary.day_of_week()),
      has_dates_(HaveDates(summary.minimum(), summary.maximum())) {
  for (int day = 0; day < kDaysOfWeek; ++day)
    weekdays_[static_cast<size_t>(day)] = WeekdayPoint(day);
}

std::vector<std::string> TimeEncoder::FeatureSuffixes() const {
  std::vector<std::string> suffixes;
  if (has_time_of_day_) suffixes = {" (time of day, sine)", " (time of day, cosine)"};
  if (has_weekday_) {
    suffixes.emplace_back(" (day of week, sine)");
    suffixes.emplace_back(" (day of week, cosine)");
  }
  return suffixes;
}

void TimeEncoder::Encode(const ColumnView& column, std::span<const uint32_t> /*categories*/,
                         size_t first, size_t count, const EncodedCells& cells) const {
  const size_t width = (has_time_of_day_ ? kPointSize : 0) + (has_weekday_ ? kPointSize : 0);
  EncodeRows(column, first, count, width, cells, [&](size_t row, float* features) {
    const TimeParts parts = TimePartsOf(column.time(row));
    if (has_time_of_day_) {
      features = std::ranges::copy(TimeOfDayPoint(parts.microsecond), features).out;
    }
    if (has_weekday_) {
      std::ranges::copy(weekdays_[static_cast<size_t>(parts.weekday)], features);
    }
    return CellNote::kNone;
  });
}

TableEncoder::Expected TimeEncoder::Describe(std::span<const float> features) const {
  std::string text;
  if (has_weekday_) {
    const std::span<const float> point = features.last<kPointSize>();
    text = WeekdayText({point[0], point[1]});
  }
  if (has_time_of_day_) {
    absl::StrAppend(&text, has_weekday_ ? ", " : "", TimeOfDayText({features[0], features[1]}));
  }
  return {.text = text};
}

std::string TimeEncoder::TextOf(const ColumnView& column, size_t row) const {
  return has_dates_ ? TimeText(column.time(row)) : ClockText(column.time(row));
}

}  // namespace advae
