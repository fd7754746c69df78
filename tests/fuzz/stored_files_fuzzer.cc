// Reads any bytes as the files of a repository and of a job that have no digest: the marker, a file
// of rows and one of a table. The first two bytes are the numbers of rows and columns.

#include <filesystem>
#include <fstream>
#include <string>

#include "model/repository/repository_marker.h"
#include "model/repository/row_file.h"
#include "model/repository/table_file.h"
#include "model/table/table_view.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

void ReadTables(const v1::TableFile& file) {
  absl::StatusOr<TableFileReader> reader = TableFileReader::Open(file);
  if (!reader.ok()) return;
  v1::Table chunk;
  for (;;) {
    const absl::StatusOr<bool> more = reader->Next(chunk);
    if (!more.ok() || !*more) return;
    TableView::Create(chunk, file.columns()).status().IgnoreError();
  }
}

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using advae::testing::Require;
  static const advae::testing::TemporaryFolder folder;
  if (size < 2) return 0;
  const std::filesystem::path path = folder.path() / ".advae-repository";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data) + 2, static_cast<std::streamsize>(size - 2));
  advae::ReadMarker(folder.path()).status().IgnoreError();

  advae::v1::RowFile rows;
  rows.set_path(path.string());
  rows.set_rows(data[0]);
  rows.set_columns(data[1]);
  const auto matrix = advae::ReadRowFile(rows);
  if (matrix.ok()) Require(matrix->values.size() == size_t{data[0]} * data[1]);

  advae::v1::TableFile table;
  table.set_path(path.string());
  table.set_rows(data[0]);
  table.set_columns(data[1]);
  advae::ReadTables(table);
  return 0;
}
