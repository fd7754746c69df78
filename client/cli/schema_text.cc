#include "client/cli/schema_text.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "model/base/utf8.h"
#include "model/table/column_kind.h"
#include "model/table/time_parts.h"

namespace advae {
namespace {

constexpr int kShownCategories = 3;

// Empty where nothing was inferred, as for a label.
std::string KindText(v1::ColumnKind kind) {
  return kind == v1::COLUMN_KIND_UNSPECIFIED ? "" : std::string(NameOf(kind));
}

std::string RoleText(v1::ColumnRole role) {
  switch (role) {
    case v1::COLUMN_ROLE_FEATURE:
      return "feature";
    case v1::COLUMN_ROLE_LABEL:
      return "label";
    case v1::COLUMN_ROLE_KEY:
      return "key";
    case v1::COLUMN_ROLE_IGNORED:
      return "ignored";
    default:
      return "";
  }
}

std::string Percent(double share) {
  if (share > 0 && share < 0.01) return absl::StrFormat("%.2g %%", 100 * share);
  return absl::StrFormat("%.0f %%", 100 * share);
}

std::string TimeRangeText(const v1::TimeSummary& time) {
  const bool has_dates = HaveDates(time.minimum(), time.maximum());
  const auto text_of = [&](int64_t microseconds) {
    return has_dates ? absl::FormatTime("%Y-%m-%d %H:%M:%E*S", absl::FromUnixMicros(microseconds),
                                        absl::UTCTimeZone())
                     : ClockText(microseconds);
  };
  return absl::StrCat(text_of(time.minimum()), " to ", text_of(time.maximum()));
}

std::string CategoriesText(const v1::CategorySummary& summary) {
  uint64_t rows = summary.other_count();
  for (const v1::CategoryCount& category : summary.categories()) rows += category.count();
  const int count = summary.categories_size();
  std::string text = absl::StrCat(count, count == 1 ? " value" : " values");
  for (int i = 0; i < std::min(count, kShownCategories); ++i) {
    const v1::CategoryCount& category = summary.categories(i);
    absl::StrAppend(&text, i == 0 ? ": " : ", ", category.category(), " ",
                    Percent(static_cast<double>(category.count()) / static_cast<double>(rows)));
  }
  if (count > kShownCategories) absl::StrAppend(&text, ", ...");
  if (summary.other_count() > 0) {
    absl::StrAppend(
        &text, "; others ",
        Percent(static_cast<double>(summary.other_count()) / static_cast<double>(rows)));
  }
  return text;
}

std::string_view DateOrderText(v1::DateOrder order) {
  switch (order) {
    case v1::DATE_ORDER_DAY_FIRST:
      return ", written with the day first";
    case v1::DATE_ORDER_MONTH_FIRST:
      return ", written with the month first";
    default:
      return "";
  }
}

std::string TimeFeatures(const v1::TimeSummary& time) {
  if (time.time_of_day() && time.day_of_week()) return "time of day and day of week";
  return time.time_of_day() ? "time of day" : time.day_of_week() ? "day of week" : "";
}

std::string Learned(const v1::ColumnSchema& column) {
  switch (column.summary_case()) {
    case v1::ColumnSchema::kNumber:
      return absl::StrFormat("%.6g to %.6g, median %.6g", column.number().minimum(),
                             column.number().maximum(), column.number().median());
    case v1::ColumnSchema::kBoolean:
      return absl::StrCat("true ", Percent(column.boolean().true_share()));
    case v1::ColumnSchema::kCategory:
      return CategoriesText(column.category());
    case v1::ColumnSchema::kTime: {
      const std::string features = TimeFeatures(column.time());
      return absl::StrCat(TimeRangeText(column.time()),
                          std::string(DateOrderText(column.time().date_order())),
                          features.empty() ? "" : ": ", features);
    }
    default:
      return "";
  }
}

// What is most worth to know of a feature's values.
std::string Details(const v1::ColumnSchema& column) {
  if (column.has_category()) {
    const int count = column.category().categories_size();
    return absl::StrCat(count, count == 1 ? " value" : " values");
  }
  return column.has_time() ? TimeFeatures(column.time()) : "";
}

}  // namespace

std::vector<std::string> SchemaLines(const v1::TableSchema& schema) {
  std::vector<std::string> lines;
  for (const v1::ColumnSchema& column : schema.columns()) {
    const bool is_feature = column.role() == v1::COLUMN_ROLE_FEATURE;
    if (is_feature && column.kind() == v1::COLUMN_KIND_NUMBER && column.note().empty()) continue;
    std::vector<std::string> parts = {is_feature ? KindText(column.kind())
                                                 : RoleText(column.role())};
    if (std::string details = is_feature ? Details(column) : ""; !details.empty()) {
      parts.push_back(std::move(details));
    }
    if (!column.note().empty()) parts.push_back(column.note());
    lines.push_back(
        absl::StrCat("column \"", EscapeText(column.name()), "\": ", absl::StrJoin(parts, ", ")));
  }
  return lines;
}

std::vector<std::vector<std::string>> SchemaRows(const v1::TableSchema& schema) {
  std::vector<std::vector<std::string>> rows;
  for (const v1::ColumnSchema& column : schema.columns()) {
    rows.push_back({column.name(), KindText(column.kind()), RoleText(column.role()),
                    Learned(column), Percent(column.missing_share()), column.note()});
  }
  return rows;
}

std::string MissingMarksText(const v1::TableSchema& schema) {
  if (schema.missing_marks().empty()) return "";
  return absl::StrCat("Values that stand for a missing one: ",
                      QuotedList({schema.missing_marks().begin(), schema.missing_marks().end()}),
                      ".");
}

}  // namespace advae
