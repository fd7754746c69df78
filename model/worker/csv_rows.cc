#include "model/worker/csv_rows.h"

#include <cstddef>
#include <istream>
#include <memory>
#include <utility>

#include "model/base/input_file.h"
#include "model/repository/row_file.h"

namespace advae {
namespace {

constexpr size_t kChunkRows = 4096;

}  // namespace

absl::StatusOr<v1::RowFile> ConvertCsvToRowFile(const std::string& csv_path, DataSetOptions options,
                                                const std::filesystem::path& row_path) {
  const absl::StatusOr<std::unique_ptr<std::istream>> input = OpenInputFile(csv_path);
  if (!input.ok()) return input.status();
  options.source_name = csv_path;
  absl::StatusOr<DataSetReader> reader = DataSetReader::Create(**input, std::move(options));
  if (!reader.ok()) return reader.status();

  RowFileWriter writer(row_path);
  writer.SetFeatureNames(reader->feature_names());
  while (true) {
    const absl::StatusOr<DataSet> chunk = reader->ReadChunk(kChunkRows);
    if (!chunk.ok()) return chunk.status();
    if (chunk->rows.values.empty()) return writer.Finish();
    if (absl::Status status = writer.Append(chunk->rows.view()); !status.ok()) return status;
  }
}

}  // namespace advae
