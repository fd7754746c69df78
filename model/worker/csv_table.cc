#include "model/worker/csv_table.h"

#include <cstddef>
#include <istream>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/input_file.h"
#include "model/base/status_macros.h"
#include "model/repository/table_file.h"
#include "model/table/text/table_reader.h"
#include "model/worker/csv_messages.h"

namespace advae {

absl::StatusOr<v1::TableFile> ConvertCsvToTableFile(const std::string& csv_path,
                                                    DataSetOptions options,
                                                    const std::filesystem::path& table_path,
                                                    v1::TrainSpec& spec, std::ostream& messages) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<std::istream> input, OpenInputFile(csv_path));
  options.source_name = csv_path;
  ADVAE_ASSIGN_OR_RETURN(TableReader reader,
                         TableReader::ForTraining(*input, std::move(options),
                                                  {spec.columns().begin(), spec.columns().end()}));
  spec.mutable_columns()->Assign(reader.settings().begin(), reader.settings().end());
  ReportNotes(reader, messages);

  TableFileWriter writer(table_path);
  for (;;) {
    ADVAE_ASSIGN_OR_RETURN(const TableRows chunk,
                           reader.ReadChunk(std::numeric_limits<size_t>::max()));
    if (chunk.row_numbers.empty()) break;
    ADVAE_RETURN_IF_ERROR(writer.Append(chunk.table));
  }
  ReportBadLines(reader, messages);
  if (writer.rows() > 0) return writer.Finish();
  return absl::InvalidArgumentError(absl::StrCat(csv_path, ": no row follows the header"));
}

}  // namespace advae
