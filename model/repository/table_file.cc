#include "model/repository/table_file.h"

#include <fcntl.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <algorithm>
#include <cerrno>
#include <ios>

#include "absl/strings/str_cat.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"
#include "model/data/column_selection.h"

namespace advae {
namespace {

using ::google::protobuf::io::FileInputStream;

// As the proto has them: "doubles".
std::string TypeName(v1::TableColumn::ValuesCase type) {
  return v1::TableColumn::descriptor()->FindFieldByNumber(type)->name();
}

std::string Described(const std::string& name, v1::TableColumn::ValuesCase type) {
  return absl::StrCat(Quoted(name), " (", TypeName(type), ")");
}

}  // namespace

TableFileWriter::TableFileWriter(const std::filesystem::path& path, uint64_t max_bytes)
    : max_bytes_(max_bytes), stream_(path, std::ios::binary | std::ios::trunc) {
  file_.set_path(path.string());
}

absl::Status TableFileWriter::CheckColumns(const v1::Table& chunk) const {
  if (static_cast<size_t>(chunk.columns_size()) != columns_.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the table has ", chunk.columns_size(), " columns; the first chunk had ", columns_.size()));
  }
  for (int i = 0; i < chunk.columns_size(); ++i) {
    const auto& [name, type] = columns_[i];
    const v1::TableColumn& column = chunk.columns(i);
    if (column.name() == name && column.values_case() == type) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("column ", i, " is ", Described(column.name(), column.values_case()),
                     "; in the first chunk it was ", Described(name, type)));
  }
  return absl::OkStatus();
}

absl::Status TableFileWriter::Append(const v1::Table& chunk) {
  if (file_.rows() > 0) ADVAE_RETURN_IF_ERROR(CheckColumns(chunk));
  // The length before it takes up to ten bytes.
  const uint64_t size = chunk.ByteSizeLong() + 10;
  if (size > max_bytes_ - bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat("too many training rows: the limit is ",
                                                     max_bytes_, " bytes, and ", file_.rows(),
                                                     " rows take ", bytes_));
  }
  errno = 0;
  if (!google::protobuf::util::SerializeDelimitedToOstream(chunk, &stream_) || !stream_) {
    return FileError("write", file_.path(), errno);
  }
  bytes_ += size;
  if (file_.rows() == 0) {
    for (const v1::TableColumn& column : chunk.columns()) {
      columns_.emplace_back(column.name(), column.values_case());
    }
    file_.set_columns(static_cast<uint32_t>(columns_.size()));
  }
  file_.set_rows(file_.rows() + chunk.rows());
  return absl::OkStatus();
}

absl::StatusOr<v1::TableFile> TableFileWriter::Finish() {
  errno = 0;
  stream_.close();
  if (!stream_) return FileError("write", file_.path(), errno);
  return std::move(file_);
}

TableFileReader::TableFileReader(const v1::TableFile& file, int descriptor)
    : path_(file.path()),
      rows_left_(file.rows()),
      stream_(std::make_unique<FileInputStream>(descriptor)) {
  stream_->SetCloseOnDelete(true);
}

absl::StatusOr<TableFileReader> TableFileReader::Open(const v1::TableFile& file) {
  if (file.columns() == 0) return absl::InvalidArgumentError("the training table has no columns");
  if (file.rows() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least 2 training rows, got ", file.rows()));
  }
  const int descriptor = open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return FileError("read", file.path(), errno);
  return TableFileReader(file, descriptor);
}

absl::Status TableFileReader::DamageError(const std::string& reason) const {
  return absl::DataLossError(absl::StrCat("table file ", path_, " ", reason));
}

absl::StatusOr<bool> TableFileReader::Next(v1::Table& chunk) {
  bool at_end = false;
  chunk.Clear();
  if (!google::protobuf::util::ParseDelimitedFromZeroCopyStream(&chunk, stream_.get(), &at_end)) {
    if (stream_->GetErrno() != 0) return FileError("read", path_, stream_->GetErrno());
    if (!at_end) return DamageError("is damaged: a chunk does not parse as a table");
    if (rows_left_ > 0) return DamageError(absl::StrCat("lacks ", rows_left_, " rows"));
    return false;
  }
  if (chunk.rows() > rows_left_) return DamageError("has more rows than expected");
  rows_left_ -= chunk.rows();
  return true;
}

}  // namespace advae
