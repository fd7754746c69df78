#include "model/training/row_file.h"

#include <bit>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <istream>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/data/input_file.h"
#include "model/scoring/file_io.h"

namespace advae {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr size_t kChunkRows = 4096;

}  // namespace

absl::StatusOr<Matrix> ReadRowFile(const v1::RowFile& file) {
  if (file.columns() == 0) return absl::InvalidArgumentError("the training rows have no columns");
  if (file.rows() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least 2 training rows, got ", file.rows()));
  }
  std::error_code error;
  const uintmax_t bytes = std::filesystem::file_size(file.path(), error);
  if (error) return FileError("read", file.path(), error.value());
  const uint64_t row_bytes = uint64_t{file.columns()} * sizeof(float);
  if (bytes % row_bytes != 0 || bytes / row_bytes != file.rows()) {
    return absl::DataLossError(absl::StrCat("row file ", file.path(), " has ", bytes,
                                            " bytes, expected ", file.rows(), " rows of ",
                                            row_bytes));
  }
  Matrix rows{.values = std::vector<float>(bytes / sizeof(float)), .columns = file.columns()};
  std::ifstream stream(file.path(), std::ios::binary);
  if (!stream.read(reinterpret_cast<char*>(rows.values.data()),
                   static_cast<std::streamsize>(bytes))) {
    return FileError("read", file.path(), errno);
  }
  return rows;
}

absl::StatusOr<v1::RowFile> ConvertCsvToRowFile(const std::string& csv_path, DataSetOptions options,
                                                const std::filesystem::path& row_path) {
  const absl::StatusOr<std::unique_ptr<std::istream>> input = OpenInputFile(csv_path);
  if (!input.ok()) return input.status();
  options.source_name = csv_path;
  absl::StatusOr<DataSetReader> reader = DataSetReader::Create(**input, std::move(options));
  if (!reader.ok()) return reader.status();

  v1::RowFile file;
  file.set_path(row_path.string());
  file.set_columns(static_cast<uint32_t>(reader->feature_names().size()));
  file.mutable_feature_names()->Assign(reader->feature_names().begin(),
                                       reader->feature_names().end());
  std::ofstream output(row_path, std::ios::binary);
  while (output) {
    const absl::StatusOr<DataSet> chunk = reader->ReadChunk(kChunkRows);
    if (!chunk.ok()) return chunk.status();
    const std::vector<float>& values = chunk->rows.values;
    if (values.empty()) break;
    output.write(reinterpret_cast<const char*>(values.data()),
                 static_cast<std::streamsize>(values.size() * sizeof(float)));
    file.set_rows(file.rows() + chunk->rows.rows());
  }
  output.close();
  if (!output) return FileError("write", row_path, errno);
  return file;
}

}  // namespace advae
