#include "model/table/survey/number_survey.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/decimal_text.h"
#include "model/data/column_selection.h"

namespace advae {
namespace {

// From row to row, in one direction: rows of the same time, or count, stay between them.
constexpr uint64_t kLeastSteps = 20;
// Steps in one direction for each one in the other.
constexpr uint64_t kOneWay = 100;
// A spread of less than this share of the values is less than 4,096 32-bit floats wide.
constexpr double kNarrowSpread = 0x1p-12;

bool IsFloat(double value) {
  return std::abs(value) <= std::numeric_limits<float>::max() &&
         static_cast<double>(static_cast<float>(value)) == value;
}

// Seconds, milli-, micro- or nanoseconds from 2001 to 2033.
bool AreEpochTimes(double minimum, double maximum) {
  constexpr double kFirst = 1e9;
  constexpr double kEnd = 2e9;
  constexpr double kUnits[] = {1.0, 1e3, 1e6, 1e9};
  return std::ranges::any_of(
      kUnits, [&](double unit) { return minimum >= kFirst * unit && maximum < kEnd * unit; });
}

}  // namespace

void NumberSurvey::AddValue(const ColumnView& column, size_t row) {
  const double value = column.number(row);
  if (std::isinf(value)) {
    if (infinite_++ == 0) first_infinite_ = rows() + row;
    return;
  }
  if (sample_.count() == 0) {
    first_ = minimum_ = maximum_ = value;
  } else {
    up_ += value > last_ ? 1 : 0;
    down_ += value < last_ ? 1 : 0;
    minimum_ = std::min(minimum_, value);
    maximum_ = std::max(maximum_, value);
  }
  last_ = value;
  are_floats_ = are_floats_ && IsFloat(value);
  sample_.Add(value);
}

std::optional<std::string> NumberSurvey::OnlyValue() const {
  if (infinite_ > 0 || minimum_ != maximum_) return std::nullopt;
  return DecimalText(minimum_);
}

bool NumberSurvey::GoesOneWay() const {
  const auto [fewer, more] = std::minmax(up_, down_);
  return more >= kLeastSteps && fewer * kOneWay <= more;
}

std::string NumberSurvey::Objection() const {
  const uint64_t finite = sample_.count();
  if (finite < kMinValues) return "";
  if (up_ > 0 && down_ > 0) {
    if (!GoesOneWay() || !AreEpochTimes(minimum_, maximum_)) return "";
    return "times as numbers, which hardly ever go back from row to row; later rows lie outside: "
           "set its kind, to time for the time of day, or use differences";
  }
  if (up_ + down_ < std::min(kLeastSteps, finite - 1)) return "";
  return absl::StrCat("only ", up_ > 0 ? "grows" : "falls", " from row to row, from ",
                      DecimalText(first_), " to ", DecimalText(last_),
                      ", as a counter or a clock; later rows lie outside: use differences, or set "
                      "its kind");
}

std::string NumberSurvey::Caution() const {
  if (!GoesOneWay()) return "";
  return absl::StrCat(up_ > down_ ? "grows" : "falls",
                      " in nearly all rows, as a counter that starts anew; if later rows lie "
                      "outside, use differences, or ignore it");
}

double NumberSurvey::OffsetFor(const v1::NumberSummary& summary) const {
  if (are_floats_) return 0;
  const double spread = summary.high() - summary.low();
  const double largest = std::max(std::abs(summary.low()), std::abs(summary.high()));
  if (spread >= kNarrowSpread * largest) return 0;
  if (spread == 0) return summary.median();
  const double step = std::pow(10, std::ceil(std::log10(spread)));
  return std::round(summary.median() / step) * step;
}

void NumberSurvey::Summarize(v1::ColumnSchema& schema) const {
  if (sample_.count() == 0) return;
  const std::vector<double> quantiles = sample_.Quantiles({0.05, 0.5, 0.95});
  v1::NumberSummary& summary = *schema.mutable_number();
  summary.set_minimum(minimum_);
  summary.set_low(quantiles[0]);
  summary.set_median(quantiles[1]);
  summary.set_high(quantiles[2]);
  summary.set_maximum(maximum_);
  summary.set_offset(OffsetFor(summary));
}

absl::Status NumberSurvey::CheckFeature(const v1::ColumnSchema& schema) const {
  if (infinite_ > 0) {
    return absl::InvalidArgumentError(absl::StrCat("column ", Quoted(name()),
                                                   " is infinite in row ", first_infinite_,
                                                   "; expected numbers, or missing values"));
  }
  const double offset = schema.number().offset();
  constexpr double kLargest = std::numeric_limits<float>::max();
  for (const double value : {minimum_, maximum_}) {
    if (std::abs(value - offset) <= kLargest) continue;
    return absl::InvalidArgumentError(absl::StrCat("column ", Quoted(name()), " has the value ",
                                                   DecimalText(value),
                                                   ", which is beyond 32-bit floats"));
  }
  return absl::OkStatus();
}

}  // namespace advae
