#include "model/data/table_lines.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"
#include "model/data/byte_source.h"

namespace advae {
namespace {

bool IsNumberOrTime(const std::string& cell) {
  const std::optional<float> number = NumberParser({}).Parse(cell);
  return number ? !std::isnan(*number) : IsDateOrTime(cell);
}

// Whether a line has numbers and dates alone, as rows have and headers have not.
bool LooksLikeRow(const std::vector<std::string>& cells) {
  NumberParser numbers({});
  size_t found = 0;
  for (const std::string& cell : cells) {
    const std::optional<float> number = numbers.Parse(cell);
    if (!number && !IsDateOrTime(cell)) return false;
    found += number && !std::isnan(*number) ? 1 : 0;
  }
  return found > 0;
}

}  // namespace

TableLines::TableLines(CsvReader csv, TableLinesOptions options, NumberParser numbers)
    : csv_(std::move(csv)), options_(std::move(options)), numbers_(std::move(numbers)) {}

absl::StatusOr<TableLines> TableLines::Create(std::istream& input, TableLinesOptions options) {
  absl::StatusOr<TableInput> table =
      OpenTable(std::make_unique<StreamSource>(input), options.format.dialect);
  if (!table.ok()) {
    return absl::Status(table.status().code(),
                        absl::StrCat(options.source_name, ": ", table.status().message()));
  }
  NumberParser numbers(
      {.decimal_mark = options.format.decimal_mark,
       .comma_is_likely = table->dialect.delimiter == ';',
       .usual_mark = table->dialect.delimiter == ',' ? std::nullopt : options.format.usual_mark,
       .missing = options.format.missing});
  TableLines lines(CsvReader(std::move(table->text), table->dialect), std::move(options),
                   std::move(numbers));
  if (!table->properties.empty()) {
    lines.notes_.push_back(absl::StrCat("dialect: ", absl::StrJoin(table->properties, ", ")));
  }
  if (absl::Status status = lines.ReadHeader(); !status.ok()) return lines.WithSource(status);
  return lines;
}

absl::Status TableLines::ReadHeader() {
  ADVAE_ASSIGN_OR_RETURN(const bool found, csv_.Next(header_));
  if (!found) return absl::InvalidArgumentError("empty; expected a header line");
  if (!std::ranges::all_of(header_, IsUtf8)) {
    notes_.emplace_back("the names of the columns are not UTF-8, and read as Windows-1252");
    for (std::string& name : header_) name = Utf8Of(name);
  }
  // A version that was trained on a table without a header is scored on such tables.
  const bool has_header = options_.format.has_header.value_or(!WantsPositionalNames());
  if (has_header) {
    ADVAE_RETURN_IF_ERROR(CheckHeader());
    absl::StatusOr<ColumnSelection> selection = SelectColumns(header_, options_.roles);
    if (!selection.ok()) return WithHeaderHint(selection.status());
    selection_ = *std::move(selection);
  } else {
    ADVAE_ASSIGN_OR_RETURN(selection_, SelectColumnsByPosition(header_.size(), options_.roles));
    first_row_ = std::exchange(header_, NamesWithoutHeader(header_.size(), options_.roles));
  }
  if (options_.roles.label && !selection_.label) {
    notes_.push_back(
        absl::StrCat("there is no column ", Quoted(*options_.roles.label), " with labels"));
  }
  for (const size_t column : selection_.nameless) {
    notes_.push_back(absl::StrCat("column ", column + 1, " has no name and is left out"));
  }
  return absl::OkStatus();
}

absl::Status TableLines::WithHeaderHint(const absl::Status& problem) const {
  if (options_.format.has_header || !std::ranges::any_of(header_, IsNumberOrTime)) return problem;
  return absl::Status(problem.code(), absl::StrCat(problem.message(),
                                                   "; say --no-header if the file has no names"));
}

bool TableLines::WantsPositionalNames() const {
  const std::vector<std::string>& features = options_.roles.features;
  const std::vector<std::string> positional = PositionalNames(header_.size());
  const auto among = [](const std::vector<std::string>& names) {
    return [&names](const std::string& name) { return std::ranges::count(names, name) > 0; };
  };
  return !features.empty() && std::ranges::all_of(features, among(positional)) &&
         std::ranges::none_of(features, among(header_));
}

absl::Status TableLines::CheckHeader() const {
  if (options_.format.has_header || !LooksLikeRow(header_)) return absl::OkStatus();
  const auto is_there = [&](const std::string& name) {
    return std::ranges::count(header_, name) > 0;
  };
  // The names of the columns are numbers.
  const std::vector<std::string>& features = options_.roles.features;
  if (!features.empty() && std::ranges::all_of(features, is_there)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("line ", csv_.line(), ": a row of numbers (", Quoted(header_.front()),
                   ", ...) where the names of the columns were expected; say --no-header if the "
                   "file has no names, or --header if these are the names"));
}

absl::StatusOr<bool> TableLines::Next(TableLine& line) {
  if (first_row_.empty()) {
    ADVAE_ASSIGN_OR_RETURN(const bool found, csv_.Next(line.cells));
    if (!found) return false;
  } else {
    line.cells = std::exchange(first_row_, {});
  }
  line.line = csv_.line();
  line.number = next_row_++;
  return true;
}

absl::Status TableLines::CheckWidth(const TableLine& line) const {
  const size_t cells = line.cells.size();
  // A delimiter at the end of each line, but not of the header, makes one empty cell.
  if (cells == header_.size() || (cells == header_.size() + 1 && line.cells.back().empty())) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("line ", line.line, ": ", cells,
                                                 cells == 1 ? " cell" : " cells", "; expected ",
                                                 header_.size(), ", as many as the header has"));
}

absl::Status TableLines::CellError(const TableLine& line, size_t index,
                                   std::string_view problem) const {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line.line, ", column ", index + 1, " (", Quoted(header_[index]),
                   "): ", Quoted(line.cells[index]), " ", std::string(problem)));
}

absl::Status TableLines::PassOver(const absl::Status& problem) {
  if (bad_lines_.count == options_.max_bad_lines) {
    if (bad_lines_.count == 0) return problem;
    return absl::Status(problem.code(),
                        absl::StrCat(problem.message(), "; ", bad_lines_.count,
                                     bad_lines_.count == 1 ? " bad line was" : " bad lines were",
                                     " passed over before"));
  }
  if (bad_lines_.count++ == 0) bad_lines_.first = absl::StrCat(problem.message());
  return absl::OkStatus();
}

absl::Status TableLines::WithSource(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrCat(options_.source_name, ": ", status.message()));
}

}  // namespace advae
