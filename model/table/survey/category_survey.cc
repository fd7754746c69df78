#include "model/table/survey/category_survey.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/utf8.h"
#include "model/data/column_selection.h"
#include "model/data/number_parser.h"
#include "model/table/cell_text.h"

namespace advae {
namespace {

constexpr uint64_t kMinRowsOfCategory = 2;
constexpr uint64_t kMostDistinct = 20;  // that are no identifiers, however few the rows
constexpr double kDistinctShare = 0.9;
constexpr double kRenewedShare = 0.5;  // of the last fifth of the values, that are new
constexpr uint64_t kFewestRenewed = 3;
constexpr double kMostlyNumbers = 0.5;
constexpr double kNearlyAll = 0.9;
constexpr size_t kMostUnits = 3;  // of one column's numbers
constexpr size_t kShownBytes = 64;
constexpr uint64_t kLongText = 256;  // bytes

}  // namespace

void CategorySurvey::StartChunk(const ColumnView& column) {
  if (column.type() == ValueType::kStrings) places_.assign(column.dictionary_size(), std::nullopt);
}

void CategorySurvey::AddValue(const ColumnView& column, size_t row) {
  if (column.type() != ValueType::kStrings) {
    const std::string text = CategoryText(column, row);
    bytes_ += text.size();
    counts_.CountAt(counts_.PlaceOf(text));
    return;
  }
  const uint32_t code = column.code(row);
  const std::string& text = column.text(code);
  bytes_ += text.size();
  if (!places_[code]) places_[code] = counts_.PlaceOf(text);
  counts_.CountAt(*places_[code]);
}

std::optional<std::string> CategorySurvey::OnlyValue() const {
  if (counts_.distinct() != 1 || counts_.total_when_full()) return std::nullopt;
  return Quoted(counts_.Ranked().front().first);
}

bool CategorySurvey::IsIdentifier() const {
  const uint64_t total = counts_.total_when_full().value_or(counts_.total());
  const uint64_t distinct = counts_.distinct();
  if (total < kMinValues) return false;
  return distinct == total ||
         (distinct > kMostDistinct &&
          static_cast<double>(distinct) >= kDistinctShare * static_cast<double>(total));
}

bool CategorySurvey::IsRenewed() const { return counts_.NewShareOfLastFifth() > kRenewedShare; }

std::string CategorySurvey::Objection() const {
  if (values() < kMinValues) return "";
  if (bytes_ > kLongText * values()) {
    return absl::StrCat("free text, of ", bytes_ / values(), " bytes on average");
  }
  const bool is_identifier = IsIdentifier() || (IsRenewed() && counts_.distinct() > kMaxOneHot);
  if (is_identifier && type() == ValueType::kStrings) {
    if (std::string caution = UnitsCaution(); !caution.empty()) return caution;
  }
  if (IsIdentifier()) {
    return "an identifier: nearly all values differ; name it as a key to see it in the results";
  }
  // Fewer may be what the rows are sorted by.
  if (IsRenewed() && counts_.distinct() > kMaxOneHot) {
    return "an identifier: most of the last rows have values that no row before them has, and so "
           "will later ones; name it as a key to see it in the results";
  }
  return "";
}

std::string CategorySurvey::NumbersCaution() const {
  NumberParser numbers({.decimal_mark = DecimalMark::kPoint});
  uint64_t found = 0;
  std::optional<std::string_view> other;  // the most frequent one
  for (const auto& [text, count] : counts_.Ranked()) {
    if (numbers.ParseDouble(text)) {
      found += count;
    } else if (!other) {
      other = text;
    }
  }
  if (!other || static_cast<double>(found) < kMostlyNumbers * static_cast<double>(values())) {
    return "";
  }
  return absl::StrCat("most values are numbers, but ", Quoted(Utf8Prefix(*other, kShownBytes)),
                      " and perhaps others are not, so that all are categories; if it marks a "
                      "missing value, tell the training, otherwise set its kind");
}

std::string CategorySurvey::UnitsCaution() const {
  uint64_t found = 0;
  std::string_view first;  // the most frequent one
  std::set<std::string_view> units;
  for (const auto& [text, count] : counts_.Ranked()) {
    const std::string_view unit = UnitOf(text);
    if (unit.empty()) continue;
    if (found == 0) first = text;
    found += count;
    units.insert(unit);
    if (units.size() > kMostUnits) return "";
  }
  if (static_cast<double>(found) < kNearlyAll * static_cast<double>(values())) return "";
  return absl::StrCat(
      "values such as ", Quoted(Utf8Prefix(first, kShownBytes)),
      " are numbers with a unit; to learn them as numbers, have the numbers alone in "
      "the column, all of one unit");
}

std::string CategorySurvey::Caution() const {
  if (type() == ValueType::kStrings) {
    if (std::string caution = NumbersCaution(); !caution.empty()) return caution;
    if (std::string caution = UnitsCaution(); !caution.empty()) return caution;
  }
  if (values() < kMinValues || counts_.distinct() < kFewestRenewed || !IsRenewed()) return "";
  return "most of the last rows have values that no row before them has; if later rows have new "
         "ones again, name it as a key";
}

void CategorySurvey::Summarize(v1::ColumnSchema& schema) const {
  const std::vector<std::pair<std::string_view, uint64_t>> ranked = counts_.Ranked();
  const bool is_feature = schema.role() == v1::COLUMN_ROLE_FEATURE;
  size_t frequent = ranked.size();
  if (values() >= kMinValues) {
    frequent = static_cast<size_t>(std::ranges::count_if(
        ranked, [](const auto& entry) { return entry.second >= kMinRowsOfCategory; }));
    if (frequent == 0 && is_feature) frequent = ranked.size();
  }
  v1::CategorySummary& summary = *schema.mutable_category();
  size_t listed = std::min(frequent, kMaxOneHot);
  if (is_feature) {
    const bool is_one_hot = frequent <= kMaxOneHot;
    if (!is_one_hot) listed = std::min(ranked.size(), kMaxListed);
    summary.set_encoding(is_one_hot ? v1::CATEGORY_ENCODING_ONE_HOT
                                    : v1::CATEGORY_ENCODING_FREQUENCY);
  }
  uint64_t rows = 0;
  for (const auto& [text, count] : std::span(ranked).first(listed)) {
    v1::CategoryCount& category = *summary.add_categories();
    category.set_category(std::string(text));
    category.set_count(count);
    rows += count;
  }
  summary.set_other_count(values() - rows);
}

}  // namespace advae
