#include "model/table/encoding/schema_check.h"

#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/data/column_selection.h"

namespace advae {
namespace {

absl::Status Invalid(const v1::ColumnSchema& column, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("column ", Quoted(column.name()), " of the schema ", std::string(what)));
}

// False for a NaN.
bool IsShare(double value) { return value >= 0 && value <= 1; }

absl::Status CheckCategories(const v1::ColumnSchema& column) {
  const v1::CategorySummary& summary = column.category();
  if (summary.encoding() != v1::CATEGORY_ENCODING_ONE_HOT &&
      summary.encoding() != v1::CATEGORY_ENCODING_FREQUENCY) {
    return Invalid(column, "has an unknown encoding");
  }
  std::set<std::string_view> texts;
  uint64_t left = std::numeric_limits<uint64_t>::max() - summary.other_count();
  for (const v1::CategoryCount& category : summary.categories()) {
    if (!texts.insert(category.category()).second) {
      return Invalid(column,
                     absl::StrCat("has the category ", Quoted(category.category()), " twice"));
    }
    if (category.count() > left) return Invalid(column, "has counts that are too large");
    left -= category.count();
  }
  return absl::OkStatus();
}

absl::Status CheckFeature(const v1::ColumnSchema& column) {
  switch (column.summary_case()) {
    case v1::ColumnSchema::kNumber:
      return column.kind() == v1::COLUMN_KIND_NUMBER && std::isfinite(column.number().offset())
                 ? absl::OkStatus()
                 : Invalid(column, "is no number with a finite offset");
    case v1::ColumnSchema::kBoolean:
      return column.kind() == v1::COLUMN_KIND_BOOLEAN && IsShare(column.boolean().true_share())
                 ? absl::OkStatus()
                 : Invalid(column, "is no boolean with a share in [0, 1]");
    case v1::ColumnSchema::kCategory:
      return column.kind() == v1::COLUMN_KIND_CATEGORY ? CheckCategories(column)
                                                       : Invalid(column, "is no category");
    case v1::ColumnSchema::kTime:
      return column.kind() == v1::COLUMN_KIND_TIME &&
                     (column.time().time_of_day() || column.time().day_of_week())
                 ? absl::OkStatus()
                 : Invalid(column, "is no time with a time of day or a day of the week");
    case v1::ColumnSchema::SUMMARY_NOT_SET:
      break;
  }
  return Invalid(column, "is a feature of which nothing was learned");
}

}  // namespace

absl::Status CheckSchema(const v1::TableSchema& schema) {
  std::set<std::string_view> names;
  bool has_feature = false;
  for (const v1::ColumnSchema& column : schema.columns()) {
    if (column.name().empty())
      return absl::InvalidArgumentError("a column of the schema has no name");
    if (!names.insert(column.name()).second) return Invalid(column, "is there twice");
    if (!IsShare(column.missing_share())) return Invalid(column, "has a share outside [0, 1]");
    if (!v1::ColumnRole_IsValid(column.role()) || column.role() == v1::COLUMN_ROLE_UNSPECIFIED) {
      return Invalid(column, "has an unknown role");
    }
    if (column.role() != v1::COLUMN_ROLE_FEATURE) continue;
    has_feature = true;
    ADVAE_RETURN_IF_ERROR(CheckFeature(column));
  }
  return has_feature ? absl::OkStatus()
                     : absl::InvalidArgumentError("the schema has no column that is a feature");
}

}  // namespace advae
