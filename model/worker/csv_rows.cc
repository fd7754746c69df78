#include "model/worker/csv_rows.h"

#include <cstddef>
#include <istream>
#include <memory>
#include <utility>

#include "model/base/input_file.h"
#include "model/base/status_macros.h"
#include "model/repository/row_file.h"

namespace advae {
namespace {

constexpr size_t kChunkRows = 4096;

}  // namespace

absl::StatusOr<v1::RowFile> ConvertCsvToRowFile(const std::string& csv_path, DataSetOptions options,
                                                const std::filesystem::path& row_path,
                                                std::ostream& messages) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<std::istream> input, OpenInputFile(csv_path));
  options.source_name = csv_path;
  ADVAE_ASSIGN_OR_RETURN(DataSetReader reader, DataSetReader::Create(*input, std::move(options)));
  for (const std::string& note : reader.notes()) {
    messages << "note: " << csv_path << ": " << note << std::endl;
  }

  RowFileWriter writer(row_path);
  writer.SetFeatureNames(reader.feature_names());
  while (true) {
    ADVAE_ASSIGN_OR_RETURN(const DataSet chunk, reader.ReadChunk(kChunkRows));
    if (chunk.rows.values.empty()) break;
    ADVAE_RETURN_IF_ERROR(writer.Append(chunk.rows.view()));
  }
  if (const BadLines& bad = reader.bad_lines(); bad.count > 0) {
    messages << "warning: " << csv_path << ": lines passed over: " << bad.count
             << "; the first: " << bad.first << std::endl;
  }
  return writer.Finish();
}

}  // namespace advae
