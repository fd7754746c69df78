#ifndef ADVAE_MODEL_DATA_TABLE_FORMAT_H_
#define ADVAE_MODEL_DATA_TABLE_FORMAT_H_

#include <optional>
#include <string>
#include <vector>

#include "model/data/csv_dialect.h"
#include "model/data/number_parser.h"

namespace advae {

// What is known beforehand of how a table is written; what is unset is detected.
struct TableFormat {
  CsvDialectOptions dialect = {};
  std::optional<DecimalMark> decimal_mark = std::nullopt;
  // Marks of a missing cell, beside the usual ones (NumberOptions::missing).
  std::vector<std::string> missing = {};
  // Whether the first line has the names of the columns. Unset: it has, and a line that looks like
  // a row instead is an error.
  std::optional<bool> has_header = std::nullopt;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_TABLE_FORMAT_H_
