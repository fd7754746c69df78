#include "model/table/survey/column_survey.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "model/base/status_macros.h"
#include "model/data/column_selection.h"
#include "model/table/column_kind.h"
#include "model/table/survey/boolean_survey.h"
#include "model/table/survey/category_survey.h"
#include "model/table/survey/number_survey.h"
#include "model/table/survey/time_survey.h"

namespace advae {
namespace {

constexpr double kMostlyMissing = 0.5;

// What a setting says of the role; unspecified when it is to be inferred.
v1::ColumnRole RoleOf(const v1::ColumnSetting& setting) {
  const bool has_kind = setting.kind() != v1::COLUMN_KIND_UNSPECIFIED;
  return setting.role() == v1::COLUMN_ROLE_UNSPECIFIED && has_kind ? v1::COLUMN_ROLE_FEATURE
                                                                   : setting.role();
}

std::unique_ptr<ColumnSurvey> SurveyOf(v1::ColumnKind kind) {
  switch (kind) {
    case v1::COLUMN_KIND_NUMBER:
      return std::make_unique<NumberSurvey>();
    case v1::COLUMN_KIND_BOOLEAN:
      return std::make_unique<BooleanSurvey>();
    case v1::COLUMN_KIND_TIME:
      return std::make_unique<TimeSurvey>();
    default:
      return std::make_unique<CategorySurvey>();
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ColumnSurvey>> ColumnSurvey::Create(
    const ColumnView& column, const v1::ColumnSetting& setting) {
  const v1::ColumnRole role = RoleOf(setting);
  if (!v1::ColumnRole_IsValid(role)) {
    return absl::InvalidArgumentError(absl::StrCat("the setting for column ", Quoted(column.name()),
                                                   " has an unknown role, ",
                                                   static_cast<int>(role)));
  }
  v1::ColumnKind kind = NaturalKind(column.type());
  if (setting.kind() != v1::COLUMN_KIND_UNSPECIFIED) {
    if (CanBe(setting.kind(), column.type())) {
      kind = setting.kind();
    } else if (role == v1::COLUMN_ROLE_FEATURE) {
      return absl::InvalidArgumentError(absl::StrCat(
          "column ", Quoted(column.name()), " has ", std::string(NameOf(column.type())),
          ", which cannot be of the kind ", std::string(NameOf(setting.kind()))));
    }
  }
  std::unique_ptr<ColumnSurvey> survey = SurveyOf(kind);
  survey->name_ = column.name();
  survey->type_ = column.type();
  survey->role_ = role;
  survey->date_order_ = setting.date_order();
  return survey;
}

void ColumnSurvey::Add(const ColumnView& chunk, size_t rows) {
  const ColumnView column = role_ == v1::COLUMN_ROLE_KEY ? chunk.WithoutMarks() : chunk;
  StartChunk(column);
  for (size_t row = 0; row < rows; ++row) {
    if (column.has_value(row)) {
      AddValue(column, row);
    } else if (missing_++ == 0) {
      first_missing_ = rows_ + row;
    }
  }
  rows_ += rows;
}

std::string ColumnSurvey::InferredObjection() const {
  if (values() == 0) return "no row has a value";
  const std::optional<std::string> only = OnlyValue();
  if (!only) return Objection();
  return missing_ == 0 ? absl::StrCat("always ", *only, ", which tells nothing")
                       : absl::StrCat("always ", *only,
                                      ", or missing; set its kind to learn when "
                                      "it is missing");
}

absl::StatusOr<v1::ColumnSchema> ColumnSurvey::Finish(bool strict) const {
  v1::ColumnSchema schema;
  schema.set_name(name_);
  schema.set_kind(kind());
  schema.set_role(role_);
  schema.set_missing_share(static_cast<double>(missing_) / static_cast<double>(rows_));
  if (role_ == v1::COLUMN_ROLE_UNSPECIFIED || (is_asked_for() && values() == 0)) {
    schema.set_note(InferredObjection());
    schema.set_role(schema.note().empty() ? v1::COLUMN_ROLE_FEATURE : v1::COLUMN_ROLE_IGNORED);
    if (schema.role() == v1::COLUMN_ROLE_FEATURE) schema.set_note(Caution());
  }
  // The values of a key tell who or what a row is of.
  if (values() > 0 && role_ != v1::COLUMN_ROLE_KEY) Summarize(schema);
  if (schema.role() != v1::COLUMN_ROLE_FEATURE) return schema;
  if (strict && missing_ > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", Quoted(name_), " has no value in row ", first_missing_,
                     "; a strict version is trained on rows without missing values"));
  }
  ADVAE_RETURN_IF_ERROR(CheckFeature(schema));
  if (schema.missing_share() > kMostlyMissing) {
    schema.set_note(absl::StrFormat("no value in %.0f %% of the rows",
                                    std::floor(100 * schema.missing_share())));
  }
  return schema;
}

}  // namespace advae
