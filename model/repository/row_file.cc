#include "model/repository/row_file.h"

#include <bit>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/file_io.h"

namespace advae {

static_assert(std::endian::native == std::endian::little, "row files are little-endian");

RowFileWriter::RowFileWriter(const std::filesystem::path& path, uint64_t max_bytes)
    : max_bytes_(max_bytes), stream_(path, std::ios::binary | std::ios::trunc) {
  file_.set_path(path.string());
}

void RowFileWriter::SetFeatureNames(const std::vector<std::string>& names) {
  file_.mutable_feature_names()->Assign(names.begin(), names.end());
}

absl::Status RowFileWriter::Append(MatrixView chunk) {
  if (file_.rows() == 0) {
    file_.set_columns(static_cast<uint32_t>(chunk.columns));
  } else if (chunk.columns != file_.columns()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the rows have ", chunk.columns, " columns; the first chunk had ", file_.columns()));
  }
  const uint64_t size = chunk.rows * chunk.columns * sizeof(float);
  if (size > max_bytes_ - bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "too many training rows: the limit is ", max_bytes_, " bytes, ",
        max_bytes_ / (chunk.columns * sizeof(float)), " rows of ", chunk.columns, " columns"));
  }
  errno = 0;
  stream_.write(reinterpret_cast<const char*>(chunk.values), static_cast<std::streamsize>(size));
  if (!stream_) return FileError("write", file_.path(), errno);
  bytes_ += size;
  file_.set_rows(file_.rows() + chunk.rows);
  return absl::OkStatus();
}

absl::StatusOr<v1::RowFile> RowFileWriter::Finish() {
  errno = 0;
  stream_.close();
  if (!stream_) return FileError("write", file_.path(), errno);
  return std::move(file_);
}

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

}  // namespace advae
