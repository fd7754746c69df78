#include "server/jobs/row_spool.h"

#include <bit>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/scoring/file_io.h"
#include "server/request_matrix.h"

namespace advae {

static_assert(std::endian::native == std::endian::little, "spooled rows are little-endian");

RowSpool::RowSpool(std::filesystem::path path, uint64_t max_bytes) : max_bytes_(max_bytes) {
  rows_.set_path(path.string());
  file_.open(path, std::ios::binary | std::ios::trunc);
}

absl::Status RowSpool::Append(const v1::Matrix& chunk) {
  const absl::StatusOr<MatrixView> view = ViewOf(chunk);
  if (!view.ok()) return view.status();
  if (rows_.rows() == 0) {
    rows_.set_columns(chunk.columns());
    *rows_.mutable_feature_names() = chunk.feature_names();
  } else if (chunk.columns() != rows_.columns()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the rows have ", chunk.columns(), " columns; the first chunk had ", rows_.columns()));
  }
  const uint64_t size = view->rows * view->columns * sizeof(float);
  if (size > max_bytes_ - bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "more training rows than the server takes: the limit is ", max_bytes_, " bytes, ",
        max_bytes_ / (rows_.columns() * sizeof(float)), " rows of ", rows_.columns(), " columns"));
  }
  errno = 0;
  file_.write(reinterpret_cast<const char*>(view->values), static_cast<std::streamsize>(size));
  if (!file_) return FileError("write", rows_.path(), errno);
  bytes_ += size;
  rows_.set_rows(rows_.rows() + view->rows);
  return absl::OkStatus();
}

absl::StatusOr<v1::RowFile> RowSpool::Finish() {
  if (rows_.rows() == 0) {
    return absl::InvalidArgumentError(
        "no training rows were sent; expected messages with rows after the spec");
  }
  errno = 0;
  file_.close();
  if (!file_) return FileError("write", rows_.path(), errno);
  return std::move(rows_);
}

}  // namespace advae
