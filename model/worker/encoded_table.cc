#include "model/worker/encoded_table.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "model/base/status_macros.h"
#include "model/repository/table_file.h"
#include "model/table/survey/table_survey.h"
#include "model/table/table_view.h"

namespace advae {
namespace {

// Calls `take` with each chunk, until one fails.
absl::Status ForEachChunk(const v1::TableFile& file, const MissingMarks& marks,
                          const std::function<absl::Status(const TableView&)>& take) {
  ADVAE_ASSIGN_OR_RETURN(TableFileReader reader, TableFileReader::Open(file));
  v1::Table chunk;
  for (;;) {
    ADVAE_ASSIGN_OR_RETURN(const bool more, reader.Next(chunk));
    if (!more) return absl::OkStatus();
    // The server has limited the columns.
    ADVAE_ASSIGN_OR_RETURN(const TableView view,
                           TableView::Create(chunk, std::numeric_limits<size_t>::max(), &marks));
    ADVAE_RETURN_IF_ERROR(take(view));
  }
}

absl::StatusOr<v1::TableSchema> LearnSchema(const v1::TableFile& file, const v1::TrainSpec& spec) {
  TableSurvey survey({spec.columns().begin(), spec.columns().end()}, spec.strict());
  ADVAE_RETURN_IF_ERROR(
      ForEachChunk(file, MissingMarks(spec.missing_marks()),
                   [&survey](const TableView& chunk) { return survey.Add(chunk); }));
  ADVAE_ASSIGN_OR_RETURN(v1::TableSchema schema, survey.Finish());
  *schema.mutable_missing_marks() = spec.missing_marks();
  schema.set_decimal_mark(spec.decimal_mark());
  return schema;
}

}  // namespace

absl::StatusOr<EncodedTable> EncodeTableFile(const v1::TableFile& file, const v1::TrainSpec& spec,
                                             const JobMemoryLimits& limits) {
  ADVAE_ASSIGN_OR_RETURN(v1::TableSchema schema, LearnSchema(file, spec));
  ADVAE_ASSIGN_OR_RETURN(std::shared_ptr<const TableEncoder> encoder,
                         TableEncoder::Create(std::move(schema)));
  const size_t columns = encoder->features();
  ADVAE_RETURN_IF_ERROR(
      CheckTrainingMemory(spec, file.rows(), static_cast<uint32_t>(columns), limits));

  std::vector<float> values(file.rows() * columns);
  size_t row = 0;
  ADVAE_RETURN_IF_ERROR(ForEachChunk(file, encoder->missing_marks(), [&](const TableView& chunk) {
    ADVAE_ASSIGN_OR_RETURN(const TableEncoder::Binding binding, encoder->Bind(chunk));
    encoder->EncodeTraining(binding,
                            std::span(values).subspan(row * columns, chunk.rows() * columns));
    row += chunk.rows();
    return absl::OkStatus();
  }));
  return EncodedTable{.encoder = std::move(encoder),
                      .rows = {.values = std::move(values), .columns = columns}};
}

}  // namespace advae
