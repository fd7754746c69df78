#ifndef ADVAE_MODEL_DATA_TABLE_INPUT_H_
#define ADVAE_MODEL_DATA_TABLE_INPUT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/byte_source.h"
#include "model/data/csv_dialect.h"

namespace advae {

// The text of a table, as it comes out of a file's compression and encoding, and how it is written.
struct TableInput {
  std::unique_ptr<ByteSource> text;  // UTF-8, or another extension of ASCII
  CsvDialect dialect;
  // How the file differs from an ordinary CSV file, for people: "gzip", "UTF-16",
  // "semicolon-separated" and so on.
  std::vector<std::string> properties;
};

// Looks at the start of a file, at most at kMaxDialectSample bytes of its text and not beyond its
// first two records, and prepares to read the whole. kInvalidArgument when the file is something
// else; the message says what. Errors of `source`.
absl::StatusOr<TableInput> OpenTable(std::unique_ptr<ByteSource> source,
                                     const CsvDialectOptions& options);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_TABLE_INPUT_H_
