#ifndef ADVAE_MODEL_TABLE_SURVEY_TABLE_SURVEY_H_
#define ADVAE_MODEL_TABLE_SURVEY_TABLE_SURVEY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/table/table_view.h"

namespace advae {

class ColumnSurvey;

// Looks once at all chunks of a training table, and tells what its columns are: kinds, roles, what
// was learned of their values, and what a person should know (docs/TABLES.md has the rules). Memory
// is bounded for each column, whatever the rows. Not thread-safe.
class TableSurvey {
 public:
  // Of the categories that a schema lists, as messages: they are in each description of the
  // version, which must fit a message and a manifest.
  static constexpr size_t kMaxCategoryBytes = size_t{1} << 20;

  // `settings` take the place of what would be inferred.
  TableSurvey(std::vector<v1::ColumnSetting> settings, bool strict);
  ~TableSurvey();

  // kInvalidArgument for a chunk whose columns are not those of the first one, by names, types and
  // order, and for a feature whose values cannot have the kind of its setting; the message names
  // both. As TableView::CheckNamesToKeep for the first chunk. After an error, the survey is of no
  // more use.
  absl::Status Add(const TableView& chunk);

  // After the last chunk. kInvalidArgument when there was none, when a setting fits no column, when
  // a feature has a number that is infinite or beyond 32-bit floats, or lacks a value although the
  // version is to be strict, or when no column is left as a feature; the message says why each is
  // none.
  // Also when the categories take more than kMaxCategoryBytes.
  absl::StatusOr<v1::TableSchema> Finish();

 private:
  absl::Status Start(const TableView& chunk);
  absl::Status CheckColumns(const TableView& chunk) const;

  const std::vector<v1::ColumnSetting> settings_;
  const bool strict_;
  std::vector<bool> fits_;  // for each setting, whether it fits a column
  std::vector<std::unique_ptr<ColumnSurvey>> columns_;
};

// The sentences that warn of what was inferred: one for each column with a note, by the schema's
// order.
std::vector<std::string> SchemaWarnings(const v1::TableSchema& schema);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_TABLE_SURVEY_H_
