#ifndef ADVAE_MODEL_TABLE_TABLE_SURVEY_H_
#define ADVAE_MODEL_TABLE_TABLE_SURVEY_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/table/table_view.h"

namespace advae {

// Looks once at all chunks of a training table, and tells what its columns are: kinds, roles, what
// was learned of their values, and what a person should know (docs/TABLES.md has the rules). Memory
// is bounded for each column, whatever the rows. Not thread-safe.
class TableSurvey {
 public:
  // `settings` take the place of what would be inferred.
  TableSurvey(std::vector<v1::ColumnSetting> settings, bool strict);
  ~TableSurvey();

  // kInvalidArgument for a chunk whose columns are not those of the first one, by names, types and
  // order, and for a value that a setting's kind cannot have; the message names both.
  absl::Status Add(const TableView& chunk);

  // After the last chunk. kInvalidArgument when a setting fits no column, or no column is left as a
  // feature; the message says why each is none.
  absl::StatusOr<v1::TableSchema> Finish();

 private:
  class Column;

  const std::vector<v1::ColumnSetting> settings_;
  const bool strict_;
  uint64_t rows_ = 0;
  std::vector<std::unique_ptr<Column>> columns_;
};

// The sentences that warn of what was inferred: one for each column with a note, by the schema's
// order.
std::vector<std::string> SchemaWarnings(const v1::TableSchema& schema);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TABLE_SURVEY_H_
