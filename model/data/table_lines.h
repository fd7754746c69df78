#ifndef ADVAE_MODEL_DATA_TABLE_LINES_H_
#define ADVAE_MODEL_DATA_TABLE_LINES_H_

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/data/column_selection.h"
#include "model/data/csv_dialect.h"
#include "model/data/csv_reader.h"
#include "model/data/number_parser.h"
#include "model/data/table_input.h"

namespace advae {

// Lines that were passed over.
struct BadLines {
  size_t count = 0;
  std::string first;  // what is wrong with the first one, and where; empty when there is none
};

struct TableLinesOptions {
  ColumnRoles roles = {};
  // What is known of how the file is written.
  TableFormat format = {};
  // What the errors call the input, such as the file's path.
  std::string source_name = "input";
  // How many bad lines are passed over. The next one is an error.
  size_t max_bad_lines = 0;
};

// A line of a table, after its header.
struct TableLine {
  std::vector<std::string> cells;
  size_t line = 0;    // in the file, from 1
  size_t number = 0;  // among the rows, from 0; bad lines count, too
};

// Reads a table from text (OpenTable says which) line by line, and finds its columns by their
// names. Not thread-safe.
class TableLines {
 public:
  // Reads the header. `input` outlives the object. kInvalidArgument when the input is empty, is no
  // table, has a row in place of the header, or does not have the columns of the options
  // (SelectColumns). Names that are not UTF-8 are read as Windows-1252 (Utf8Of). Errors of
  // CsvReader::Next.
  static absl::StatusOr<TableLines> Create(std::istream& input, TableLinesOptions options);

  // The names of the columns, and which of them have a role.
  const std::vector<std::string>& header() const { return header_; }
  const ColumnSelection& selection() const { return selection_; }
  // Reads the table's numbers.
  NumberParser& numbers() { return numbers_; }
  const NumberParser& numbers() const { return numbers_; }
  const CsvDialect& dialect() const { return csv_.dialect(); }
  const std::string& source_name() const { return options_.source_name; }
  // What users should know of how the file is read, a phrase each: a dialect other than that of
  // ordinary CSV files, columns that are left out.
  const std::vector<std::string>& notes() const { return notes_; }
  const BadLines& bad_lines() const { return bad_lines_; }

  // Reads the next line; false at the end of the input. Errors of CsvReader::Next.
  absl::StatusOr<bool> Next(TableLine& line);
  // Whether Next would return without waiting for input, as far as it is known.
  bool IsReady() { return csv_.IsReady(); }

  // kInvalidArgument for a line with another number of cells than the header.
  absl::Status CheckWidth(const TableLine& line) const;
  // What is wrong with a cell, whose column is `index`, and where it is.
  absl::Status CellError(const TableLine& line, size_t index, std::string_view problem) const;
  // Counts a bad line if it may be passed over, otherwise returns what is wrong with it.
  absl::Status PassOver(const absl::Status& problem);
  absl::Status WithSource(const absl::Status& status) const;

 private:
  TableLines(CsvReader csv, TableLinesOptions options, NumberParser numbers);

  // Reads the first line, and finds the columns of the options in it.
  absl::Status ReadHeader();
  absl::Status CheckHeader() const;
  // `problem`, and what to do when the header is a row.
  absl::Status WithHeaderHint(const absl::Status& problem) const;
  // Whether the columns of the options are called as those of a table without a header.
  bool WantsPositionalNames() const;

  CsvReader csv_;
  TableLinesOptions options_;
  NumberParser numbers_;
  std::vector<std::string> header_;
  ColumnSelection selection_;
  std::vector<std::string> notes_;
  std::vector<std::string> first_row_;  // read in place of a header; empty when there is none
  size_t next_row_ = 0;                 // its number
  BadLines bad_lines_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_TABLE_LINES_H_
