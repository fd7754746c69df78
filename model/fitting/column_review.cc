#include "model/fitting/column_review.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

constexpr size_t kMinRows = 20;
constexpr size_t kRowsOfOneOuter = 20;  // one value of so many is an outer one, at either end
constexpr double kFarRatio = 10;
constexpr double kFewFloats = 1024;
constexpr double kShareOfFewFloats = 1.0 / 8;
constexpr double kShareOfFloats = 0.9;
constexpr double kStepsInOneDirection = 0.9;
constexpr size_t kNamedColumns = 3;

std::string Number(double value) { return absl::StrFormat("%.7g", value); }

// Between floats of the same exponent.
double SpacingOf(float value) {
  using Float = std::numeric_limits<float>;
  const int exponent = value == 0 ? Float::min_exponent - 1 : std::ilogb(value);
  return std::ldexp(1.0, std::max(exponent, Float::min_exponent - 1) - (Float::digits - 1));
}

// The values of a column in an order in which its outer values stand at both ends, each sorted.
class OrderedColumn {
 public:
  // At least kMinRows values.
  explicit OrderedColumn(std::vector<float> values)
      : values_(std::move(values)), outer_(values_.size() / kRowsOfOneOuter) {
    const auto low = values_.begin() + static_cast<std::ptrdiff_t>(outer_);
    const auto high = values_.end() - 1 - static_cast<std::ptrdiff_t>(outer_);
    std::nth_element(values_.begin(), low, values_.end());
    std::nth_element(low + 1, high, values_.end());
    std::sort(values_.begin(), low);
    std::sort(high + 1, values_.end());
    const auto middle = values_.begin() + static_cast<std::ptrdiff_t>(values_.size() / 2);
    std::nth_element(low + 1, middle, high);
    median_ = *middle;
  }

  size_t size() const { return values_.size(); }
  float median() const { return median_; }
  // The first and the last of the values that are not outer ones.
  float low() const { return values_[outer_]; }
  float high() const { return values_[values_.size() - 1 - outer_]; }
  double width() const { return static_cast<double>(high()) - static_cast<double>(low()); }
  // The outer values of one side with the first value that is none, in ascending order.
  std::span<const float> LowEnd() const { return std::span(values_).first(outer_ + 1); }
  std::span<const float> HighEnd() const { return std::span(values_).last(outer_ + 1); }

  // All values but the outer ones, or all if these are equal, sorted.
  std::vector<float> SortedCore() const {
    const size_t left_out = width() > 0 ? outer_ : 0;
    std::vector<float> core(values_.begin() + static_cast<std::ptrdiff_t>(left_out),
                            values_.end() - static_cast<std::ptrdiff_t>(left_out));
    std::ranges::sort(core);
    return core;
  }

  bool IsMostlyOneValue() const {
    return static_cast<size_t>(std::ranges::count(values_, median_)) > values_.size() / 2;
  }

 private:
  std::vector<float> values_;
  size_t outer_;
  float median_;
};

// The values beyond a gap.
struct FarValues {
  size_t count = 0;
  double distance = 0;  // of the farthest from the median
  float farthest = 0;
};

// Of the values from an end of a column, outermost last.
template <typename Iterator>
FarValues FindFarValues(const OrderedColumn& column, Iterator first, Iterator last) {
  const double median = column.median();
  const auto distance = [median](float value) {
    return std::abs(static_cast<double>(value) - median);
  };
  for (Iterator next = first + 1; next < last; ++next) {
    const double near = distance(*(next - 1));
    const double reach = std::max(near, column.width() / 2);
    if (distance(*next) - near < kFarRatio * reach) continue;
    const float farthest = *(last - 1);
    return {.count = static_cast<size_t>(last - next),
            .distance = distance(farthest),
            .farthest = farthest};
  }
  return {};
}

std::optional<std::string> FewValues(const OrderedColumn& column) {
  if (column.width() == 0 || column.IsMostlyOneValue()) return std::nullopt;
  const std::span<const float> low_end = column.LowEnd();
  const std::span<const float> high_end = column.HighEnd();
  const FarValues low = FindFarValues(column, low_end.rbegin(), low_end.rend());
  const FarValues high = FindFarValues(column, high_end.begin(), high_end.end());
  const size_t count = low.count + high.count;
  if (count == 0) return std::nullopt;
  const float farthest = low.distance > high.distance ? low.farthest : high.farthest;
  return count == 1 ? absl::StrFormat("%s in 1 of %d rows", Number(farthest), column.size())
                    : absl::StrFormat("%d of %d values, such as %s", count, column.size(),
                                      Number(farthest));
}

std::optional<std::string> FewDigits(const OrderedColumn& column) {
  const bool has_width = column.width() > 0;
  const double low = has_width ? column.low() : column.LowEnd().front();
  const double high = has_width ? column.high() : column.HighEnd().back();
  const double spacing = SpacingOf(static_cast<float>(std::max(std::abs(low), std::abs(high))));
  const double floats = (high - low) / spacing;
  const double most_steps = static_cast<double>(column.size());
  if (floats >= kFewFloats && floats >= most_steps / kShareOfFloats) return std::nullopt;
  std::vector<float> values = column.SortedCore();
  values.erase(std::unique(values.begin(), values.end()), values.end());
  const auto uses_last_digit = [spacing](float value) {
    return std::fmod(static_cast<double>(value), 2 * spacing) != 0;
  };
  const double steps = static_cast<double>(values.size()) - 1;
  const double least = floats < kFewFloats ? kShareOfFewFloats : kShareOfFloats;
  if (steps <= least * floats || !std::ranges::any_of(values, uses_last_digit)) {
    return std::nullopt;
  }
  return absl::StrFormat("steps of %s in a range of %s", Number(spacing), Number(high - low));
}

// `values` in the order of the rows.
std::optional<std::string> OneDirection(std::span<const float> values, bool has_few_digits) {
  size_t up = 0;
  size_t down = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    up += values[i] > values[i - 1] ? 1 : 0;
    down += values[i] < values[i - 1] ? 1 : 0;
  }
  const double least =
      has_few_digits ? 0 : kStepsInOneDirection * static_cast<double>(values.size() - 1);
  if ((up > 0 && down > 0) || static_cast<double>(up + down) < least) return std::nullopt;
  return absl::StrFormat("from %s to %s", Number(values.front()), Number(values.back()));
}

std::string SameValue(float value) {
  const double spacing = SpacingOf(value);
  return spacing < 1
             ? absl::StrCat("always ", Number(value))
             : absl::StrFormat("always %s, to the nearest %s", Number(value), Number(spacing));
}

void ReviewColumn(size_t j, const std::vector<float>& values, std::vector<ColumnFinding>& found) {
  const auto add = [&](ColumnProblem problem, std::optional<std::string> detail) {
    if (!detail) return false;
    found.push_back({.column = j, .problem = problem, .detail = *std::move(detail)});
    return true;
  };
  if (std::ranges::all_of(values, [&](float value) { return value == values.front(); })) {
    add(ColumnProblem::kNoVariation, SameValue(values.front()));
    return;
  }
  if (values.size() < kMinRows) return;
  const OrderedColumn column(values);
  const bool has_few_digits = add(ColumnProblem::kFewDigits, FewDigits(column));
  add(ColumnProblem::kFewValues, FewValues(column));
  add(ColumnProblem::kOneDirection, OneDirection(values, has_few_digits));
}

// A warning is its start, the columns and its end.
struct Wording {
  ColumnProblem problem;
  const char* start;
  const char* end;
};

constexpr Wording kWordings[] = {
    {ColumnProblem::kNoVariation, "columns without variation: ",
     "; nothing can be learned about them: leave them out, or train on rows in which they vary"},
    {ColumnProblem::kFewDigits, "columns of which 32-bit floats keep too few digits: ",
     "; what differs by less looks equal: subtract an offset before training and scoring"},
    {ColumnProblem::kFewValues, "columns ruled by a few values: ",
     "; if these stand for missing readings, make them missing (advae train --missing), or leave "
     "their "
     "rows out of the training"},
    {ColumnProblem::kOneDirection, "columns that only grow or only fall from row to row: ",
     "; later rows lie outside this range, and may all be anomalous: leave these columns out, or "
     "use differences"},
};

}  // namespace

std::vector<ColumnFinding> ReviewColumns(MatrixView rows) {
  std::vector<ColumnFinding> findings;
  if (rows.rows == 0) return findings;
  std::vector<float> values;
  values.reserve(rows.rows);
  for (size_t j = 0; j < rows.columns; ++j) {
    values.clear();
    for (size_t i = 0; i < rows.rows; ++i) {
      if (const float value = rows.row(i)[j]; !std::isnan(value)) values.push_back(value);
    }
    if (!values.empty()) ReviewColumn(j, values, findings);
  }
  return findings;
}

std::vector<std::string> ColumnWarnings(const std::vector<ColumnFinding>& findings,
                                        const std::vector<std::string>& names) {
  std::vector<std::string> warnings;
  for (const Wording& wording : kWordings) {
    std::string columns;
    size_t count = 0;
    for (const ColumnFinding& finding : findings) {
      if (finding.problem != wording.problem || ++count > kNamedColumns) continue;
      absl::StrAppend(&columns, count == 1 ? "" : ", ", "\"", EscapeText(names[finding.column]),
                      "\" (", finding.detail, ")");
    }
    if (count == 0) continue;
    if (count > kNamedColumns) absl::StrAppend(&columns, " and ", count - kNamedColumns, " more");
    warnings.push_back(absl::StrCat(wording.start, columns, wording.end));
  }
  return warnings;
}

}  // namespace advae
