#ifndef ADVAE_TESTS_MODEL_TABLE_SURVEY_SURVEYS_H_
#define ADVAE_TESTS_MODEL_TABLE_SURVEY_SURVEYS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/base/status_macros.h"
#include "model/table/survey/table_survey.h"
#include "model/table/table_view.h"

namespace advae::testing {

inline v1::ColumnSetting Setting(const std::string& name, v1::ColumnKind kind,
                                 v1::ColumnRole role = v1::COLUMN_ROLE_UNSPECIFIED) {
  v1::ColumnSetting setting;
  setting.set_name(name);
  setting.set_kind(kind);
  setting.set_role(role);
  return setting;
}
inline v1::ColumnSetting Setting(const std::string& name, v1::ColumnRole role) {
  return Setting(name, v1::COLUMN_KIND_UNSPECIFIED, role);
}

// The schema of a table in chunks.
inline absl::StatusOr<v1::TableSchema> SchemaOf(const std::vector<v1::Table>& chunks,
                                                std::vector<v1::ColumnSetting> settings = {},
                                                bool strict = false) {
  TableSurvey survey(std::move(settings), strict);
  for (const v1::Table& chunk : chunks) {
    ADVAE_ASSIGN_OR_RETURN(const TableView view, TableView::Create(chunk, 1000));
    ADVAE_RETURN_IF_ERROR(survey.Add(view));
  }
  return survey.Finish();
}
inline absl::StatusOr<v1::TableSchema> SchemaOf(const v1::Table& table,
                                                std::vector<v1::ColumnSetting> settings = {},
                                                bool strict = false) {
  return SchemaOf(std::vector<v1::Table>{table}, std::move(settings), strict);
}

// `count` cells, made from their indices.
template <typename T, typename Make>
std::vector<std::optional<T>> Cells(size_t count, Make make) {
  std::vector<std::optional<T>> cells;
  for (size_t i = 0; i < count; ++i) cells.push_back(make(i));
  return cells;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_TABLE_SURVEY_SURVEYS_H_
