#include "model/table/survey/table_survey.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/status_macros.h"
#include "model/data/column_selection.h"
#include "model/table/survey/column_survey.h"

namespace advae {
namespace {

constexpr size_t kMaxNotesInMessage = 20;

// That the categories of all columns together keep within what a version may list.
absl::Status CheckCategories(const v1::TableSchema& schema) {
  size_t bytes = 0;
  const v1::ColumnSchema* largest = &schema.columns(0);
  for (const v1::ColumnSchema& column : schema.columns()) {
    bytes += column.category().ByteSizeLong();
    if (column.category().ByteSizeLong() > largest->category().ByteSizeLong()) largest = &column;
  }
  if (bytes <= TableSurvey::kMaxCategoryBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the categories that the version would list take ", bytes,
                   " bytes; expected at most ", TableSurvey::kMaxCategoryBytes,
                   "; ignore columns of many or long ones, such as ", Quoted(largest->name())));
}

std::string NoFeatureMessage(const v1::TableSchema& schema) {
  std::vector<std::string> reasons;
  for (const v1::ColumnSchema& column : schema.columns()) {
    if (reasons.size() == kMaxNotesInMessage) {
      reasons.emplace_back("and so on");
      break;
    }
    const std::string reason = !column.note().empty()                   ? column.note()
                               : column.role() == v1::COLUMN_ROLE_KEY   ? "a key"
                               : column.role() == v1::COLUMN_ROLE_LABEL ? "the label"
                                                                        : "ignored";
    reasons.push_back(absl::StrCat(Quoted(column.name()), " (", reason, ")"));
  }
  return absl::StrCat("no column is left as a feature: ", absl::StrJoin(reasons, ", "));
}

}  // namespace

TableSurvey::TableSurvey(std::vector<v1::ColumnSetting> settings, bool strict)
    : settings_(std::move(settings)), strict_(strict), fits_(settings_.size()) {}

TableSurvey::~TableSurvey() = default;

absl::Status TableSurvey::Start(const TableView& chunk) {
  ADVAE_RETURN_IF_ERROR(chunk.CheckNamesToKeep());
  const std::vector<ColumnView>& columns = chunk.columns();
  std::vector<std::string> names;
  std::vector<std::string> patterns;
  for (const ColumnView& column : columns) names.push_back(column.name());
  for (const v1::ColumnSetting& setting : settings_) patterns.push_back(setting.name());
  const std::vector<std::vector<size_t>> fitting = FindColumns(names, patterns);
  // The last one that fits counts.
  std::vector<v1::ColumnSetting> chosen(columns.size());
  for (size_t i = 0; i < settings_.size(); ++i) {
    fits_[i] = !fitting[i].empty();
    for (const size_t column : fitting[i]) chosen[column] = settings_[i];
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(std::unique_ptr<ColumnSurvey> survey,
                           ColumnSurvey::Create(columns[i], chosen[i]));
    columns_.push_back(std::move(survey));
  }
  return absl::OkStatus();
}

absl::Status TableSurvey::CheckColumns(const TableView& chunk) const {
  const std::vector<ColumnView>& columns = chunk.columns();
  const size_t shared = std::min(columns.size(), columns_.size());
  for (size_t i = 0; i < shared; ++i) {
    const ColumnSurvey& first = *columns_[i];
    if (columns[i].name() == first.name() && columns[i].type() == first.type()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("column ", i, " (from 0) is ", Quoted(columns[i].name()), " of ",
                     std::string(NameOf(columns[i].type())), "; in the first chunk it was ",
                     Quoted(first.name()), " of ", std::string(NameOf(first.type()))));
  }
  if (columns.size() == columns_.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the chunk has ", columns.size(),
                                                 " columns; the first one had ", columns_.size()));
}

absl::Status TableSurvey::Add(const TableView& chunk) {
  if (columns_.empty()) {
    ADVAE_RETURN_IF_ERROR(Start(chunk));
  } else {
    ADVAE_RETURN_IF_ERROR(CheckColumns(chunk));
  }
  for (size_t i = 0; i < columns_.size(); ++i) columns_[i]->Add(chunk.columns()[i], chunk.rows());
  return absl::OkStatus();
}

absl::StatusOr<v1::TableSchema> TableSurvey::Finish() {
  if (columns_.empty()) return absl::InvalidArgumentError("there are no rows to train on");
  for (size_t i = 0; i < settings_.size(); ++i) {
    if (fits_[i]) continue;
    const std::vector<std::string> names = [&] {
      std::vector<std::string> all;
      for (const auto& column : columns_) all.push_back(column->name());
      return all;
    }();
    return absl::InvalidArgumentError(
        absl::StrCat("the setting for column ", Quoted(settings_[i].name()),
                     " fits none; the columns are ", QuotedList(names)));
  }
  v1::TableSchema schema;
  schema.set_strict(strict_);
  bool has_feature = false;
  for (const auto& column : columns_) {
    ADVAE_ASSIGN_OR_RETURN(*schema.add_columns(), column->Finish(strict_));
    has_feature = has_feature || schema.columns().rbegin()->role() == v1::COLUMN_ROLE_FEATURE;
  }
  if (!has_feature) return absl::InvalidArgumentError(NoFeatureMessage(schema));
  ADVAE_RETURN_IF_ERROR(CheckCategories(schema));
  return schema;
}

std::vector<std::string> SchemaWarnings(const v1::TableSchema& schema) {
  std::vector<std::string> warnings;
  for (const v1::ColumnSchema& column : schema.columns()) {
    if (column.note().empty()) continue;
    const bool is_feature = column.role() == v1::COLUMN_ROLE_FEATURE;
    warnings.push_back(absl::StrCat("column ", Quoted(column.name()),
                                    is_feature ? ": " : " is not used: ", column.note()));
  }
  return warnings;
}

}  // namespace advae
