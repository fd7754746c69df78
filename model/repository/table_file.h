#ifndef ADVAE_MODEL_REPOSITORY_TABLE_FILE_H_
#define ADVAE_MODEL_REPOSITORY_TABLE_FILE_H_

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "advae/v1/types.pb.h"
#include "google/protobuf/io/zero_copy_stream_impl.h"

namespace advae {

// The training table of a job in a file: serialized v1::Tables, each preceded by its length as a
// varint, which are the chunks of one table. What they have together is in v1::TableFile.

// Writes a table file chunk by chunk, so that memory holds one chunk at a time. The file is not
// removed. Not thread-safe.
class TableFileWriter {
 public:
  // As RowFileWriter.
  explicit TableFileWriter(const std::filesystem::path& path,
                           uint64_t max_bytes = std::numeric_limits<uint64_t>::max());

  // Takes a chunk that has been checked (TableView::Create). kInvalidArgument when its columns are
  // not those of the first one, by names, types and order; kResourceExhausted when the limit is
  // reached or the disk is full; kUnavailable when the file cannot be written. After an error
  // nothing more is appended.
  absl::Status Append(const v1::Table& chunk);

  // Of what was appended so far.
  uint64_t rows() const { return file_.rows(); }
  uint32_t columns() const { return file_.columns(); }

  // The file with all chunks, of which there may be none. kResourceExhausted and kUnavailable as
  // above.
  absl::StatusOr<v1::TableFile> Finish();

 private:
  using ColumnType = v1::TableColumn::ValuesCase;

  absl::Status CheckColumns(const v1::Table& chunk) const;

  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  v1::TableFile file_;
  std::vector<std::pair<std::string, ColumnType>> columns_;  // of the first chunk
  std::ofstream stream_;
};

// Reads the chunks of a table file, one at a time. Not thread-safe.
class TableFileReader {
 public:
  // kInvalidArgument when there are no columns or fewer than two rows; kNotFound and kUnavailable
  // when the file cannot be read.
  static absl::StatusOr<TableFileReader> Open(const v1::TableFile& file);

  // Reads the next chunk into `chunk`; false after the last one. kDataLoss when the file is not
  // made of tables, or they do not have as many rows as they should have together; kUnavailable
  // when it cannot be read.
  absl::StatusOr<bool> Next(v1::Table& chunk);

 private:
  TableFileReader(const v1::TableFile& file, int descriptor);

  absl::Status DamageError(const std::string& reason) const;

  const std::string path_;
  uint64_t rows_left_;
  std::unique_ptr<google::protobuf::io::FileInputStream> stream_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_TABLE_FILE_H_
