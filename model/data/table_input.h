#ifndef ADVAE_MODEL_DATA_TABLE_INPUT_H_
#define ADVAE_MODEL_DATA_TABLE_INPUT_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/byte_source.h"
#include "model/data/csv_dialect.h"
#include "model/data/number_parser.h"

namespace advae {

// What comes first in dates with the year last.
enum class DateOrder { kDayFirst, kMonthFirst };

// What is known beforehand of how a table is written; what is unset is detected.
struct TableFormat {
  CsvDialectOptions dialect = {};
  std::optional<DecimalMark> decimal_mark = std::nullopt;
  // That of the rows that a version was trained on (NumberOptions::usual_mark). It does not count
  // where cells are separated by commas, which then are hardly decimal marks.
  std::optional<DecimalMark> usual_mark = std::nullopt;
  // Marks of a missing cell, beside the usual ones (NumberOptions::missing).
  std::vector<std::string> missing = {};
  // Whether the first line has the names of the columns. Unset: it has, and a line that looks like
  // a row instead is an error.
  std::optional<bool> has_header = std::nullopt;
  // Of dates with the year last.
  std::optional<DateOrder> date_order = std::nullopt;
};

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
