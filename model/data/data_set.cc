#include "model/data/data_set.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/input_file.h"
#include "model/base/status_macros.h"
#include "model/data/byte_source.h"

namespace advae {
namespace {

absl::string_view Trimmed(const std::string& cell) { return absl::StripAsciiWhitespace(cell); }

std::optional<bool> ParseLabel(const std::string& cell, NumberParser& numbers) {
  if (absl::EqualsIgnoreCase(Trimmed(cell), "true")) return true;
  if (absl::EqualsIgnoreCase(Trimmed(cell), "false")) return false;
  const std::optional<float> number = numbers.Parse(cell);
  if (number == 1.0f) return true;
  if (number == 0.0f) return false;
  return std::nullopt;
}

ColumnRoles RolesOf(const DataSetOptions& options) {
  return {.label = options.label_column,
          .label_optional = options.label_optional,
          .keys = options.key_columns,
          .ignored = options.ignored_columns,
          .features = options.columns};
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

void Append(DataSet chunk, DataSet& all) {
  const std::vector<float>& values = chunk.rows.values;
  all.rows.values.insert(all.rows.values.end(), values.begin(), values.end());
  all.labels.insert(all.labels.end(), chunk.labels.begin(), chunk.labels.end());
  all.keys.insert(all.keys.end(), std::make_move_iterator(chunk.keys.begin()),
                  std::make_move_iterator(chunk.keys.end()));
  all.row_numbers.insert(all.row_numbers.end(), chunk.row_numbers.begin(), chunk.row_numbers.end());
}

// What is wrong with a number that is not finite.
std::string_view DescribeNotFinite(float number, std::string_view cell) {
  if (std::isnan(number)) {
    return " (missing, and missing cells are not trained on yet; fill it, or leave such rows out "
           "with --skip-bad-lines=N)";
  }
  const bool has_digits = std::ranges::any_of(cell, absl::ascii_isdigit);
  return has_digits ? " (beyond 3.4e38)" : " (infinite)";
}

}  // namespace

DataSetReader::DataSetReader(CsvReader csv, DataSetOptions options, NumberParser numbers)
    : csv_(std::move(csv)), options_(std::move(options)), numbers_(std::move(numbers)) {}

absl::StatusOr<DataSetReader> DataSetReader::Create(std::istream& input, DataSetOptions options) {
  absl::StatusOr<TableInput> table =
      OpenTable(std::make_unique<StreamSource>(input), options.format.dialect);
  if (!table.ok()) {
    return absl::Status(table.status().code(),
                        absl::StrCat(options.source_name, ": ", table.status().message()));
  }
  NumberParser numbers({.decimal_mark = options.format.decimal_mark,
                        .comma_is_likely = table->dialect.delimiter == ';',
                        .missing = options.format.missing});
  DataSetReader reader(CsvReader(std::move(table->text), table->dialect), std::move(options),
                       std::move(numbers));
  if (!table->properties.empty()) {
    reader.notes_.push_back(absl::StrCat("dialect: ", absl::StrJoin(table->properties, ", ")));
  }
  if (absl::Status status = reader.ReadHeader(); !status.ok()) return reader.WithSource(status);
  return reader;
}

absl::Status DataSetReader::ReadHeader() {
  ADVAE_ASSIGN_OR_RETURN(const bool found, csv_.Next(header_));
  if (!found) return absl::InvalidArgumentError("empty; expected a header line");
  const ColumnRoles roles = RolesOf(options_);
  const std::vector<std::string> positional = PositionalNames(header_.size());
  // A version that was trained on a table without a header is scored on such tables.
  const bool has_header = options_.format.has_header.value_or(
      roles.features.empty() || roles.features != positional || !LooksLikeRow(header_));
  if (has_header) {
    ADVAE_RETURN_IF_ERROR(CheckHeader());
    ADVAE_ASSIGN_OR_RETURN(selection_, SelectColumns(header_, roles));
  } else {
    ADVAE_ASSIGN_OR_RETURN(selection_, SelectColumnsByPosition(header_.size(), roles));
    cells_ = std::exchange(header_, positional);
    holds_first_row_ = true;
  }
  for (const size_t column : selection_.nameless) {
    notes_.push_back(absl::StrCat("column ", column + 1, " has no name and is left out"));
  }
  if (options_.refuse_label_feature) label_check_.emplace(selection_.feature_names);
  return absl::OkStatus();
}

absl::Status DataSetReader::CheckHeader() const {
  if (options_.format.has_header || !LooksLikeRow(header_)) return absl::OkStatus();
  const auto is_there = [&](const std::string& name) {
    return std::ranges::count(header_, name) > 0;
  };
  // The names of the columns are numbers.
  if (!options_.columns.empty() && std::ranges::all_of(options_.columns, is_there)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("line ", csv_.line(), ": a row of numbers (", Quoted(header_.front()),
                   ", ...) where the names of the columns were expected; say --no-header if the "
                   "file has no names, or --header if these are the names"));
}

absl::StatusOr<bool> DataSetReader::ReadLine() {
  if (std::exchange(holds_first_row_, false)) return true;
  return csv_.Next(cells_);
}

absl::StatusOr<DataSet> DataSetReader::ReadChunk(size_t max_rows) {
  if (!failure_.ok()) return failure_;
  DataSet chunk;
  chunk.feature_names = selection_.feature_names;
  chunk.rows.columns = selection_.features.size();
  const absl::StatusOr<bool> more = ReadRows(max_rows, chunk);
  absl::Status status = more.status();
  if (label_check_) label_check_->Add(chunk.rows.view());
  if (label_check_ && more.ok() && !*more) status = label_check_->Verdict();
  if (!status.ok()) failure_ = WithSource(status);
  if (chunk.row_numbers.empty() && !failure_.ok()) return failure_;
  return chunk;
}

absl::StatusOr<bool> DataSetReader::ReadRows(size_t max_rows, DataSet& chunk) {
  while (chunk.row_numbers.size() < max_rows) {
    if (!chunk.row_numbers.empty() && !csv_.IsReady()) return true;
    ADVAE_ASSIGN_OR_RETURN(const bool found, ReadLine());
    if (!found) return false;
    const absl::Status status = AppendRow(chunk);
    if (!status.ok()) ADVAE_RETURN_IF_ERROR(PassOver(status));
    ++next_row_;
  }
  return true;
}

absl::Status DataSetReader::PassOver(const absl::Status& problem) {
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

absl::Status DataSetReader::AppendRow(DataSet& chunk) {
  const size_t values = chunk.rows.values.size();
  absl::Status status = ParseRow(chunk);
  if (!status.ok()) {
    chunk.rows.values.resize(values);
    return status;
  }
  for (const size_t index : selection_.keys) chunk.keys.push_back(cells_[index]);
  chunk.row_numbers.push_back(next_row_);
  return absl::OkStatus();
}

absl::Status DataSetReader::ParseRow(DataSet& chunk) {
  // A delimiter at the end of each line, but not of the header, makes one empty cell.
  const bool has_empty_end = cells_.size() == header_.size() + 1 && cells_.back().empty();
  if (cells_.size() != header_.size() && !has_empty_end) {
    return absl::InvalidArgumentError(absl::StrCat(
        "line ", csv_.line(), ": ", cells_.size(), cells_.size() == 1 ? " cell" : " cells",
        "; expected ", header_.size(), ", as many as the header has"));
  }
  for (const size_t index : selection_.features) {
    const std::optional<float> number = numbers_.Parse(cells_[index]);
    if (!number || !(options_.allow_not_finite || std::isfinite(*number))) {
      return FeatureError(index, number);
    }
    chunk.rows.values.push_back(*number);
  }
  if (has_labels()) {
    const std::optional<bool> label = ParseLabel(cells_[*selection_.label], numbers_);
    if (!label) {
      return CellError(*selection_.label, "is not a label; expected 0, 1, false or true");
    }
    chunk.labels.push_back(*label);
  }
  return absl::OkStatus();
}

absl::Status DataSetReader::FeatureError(size_t index, std::optional<float> number) const {
  const std::string& cell = cells_[index];
  const bool is_label = label_check_ && IsLabelName(header_[index]);
  std::string problem = number ? "is not a finite 32-bit number" : "is not a number";
  if (is_label) {
    absl::StrAppend(&problem, "; leave a label out with --label-column=", Quoted(header_[index]));
  } else if (number) {
    absl::StrAppend(&problem, std::string(DescribeNotFinite(*number, cell)));
  } else {
    absl::StrAppend(&problem, Advice(index));
  }
  return CellError(index, problem);
}

std::string DataSetReader::Advice(size_t index) const {
  const std::string description = numbers_.Describe(cells_[index]);
  std::string advice = description.empty() ? "" : absl::StrCat(" (", description, ")");
  if (options_.columns.empty()) {
    const std::string name = Quoted(header_[index]);
    absl::StrAppend(&advice, "; leave the column out with --ignore=", name,
                    ", or with --key=", name, " if it identifies rows");
  }
  return advice;
}

absl::Status DataSetReader::CellError(size_t index, std::string_view problem) const {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", csv_.line(), ", column ", index + 1, " (", Quoted(header_[index]),
                   "): ", Quoted(cells_[index]), " ", std::string(problem)));
}

absl::Status DataSetReader::WithSource(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrCat(options_.source_name, ": ", status.message()));
}

absl::StatusOr<DataSet> ReadDataSet(const std::string& path, DataSetOptions options) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<std::istream> file, OpenInputFile(path));
  options.source_name = path;
  ADVAE_ASSIGN_OR_RETURN(DataSetReader reader, DataSetReader::Create(*file, std::move(options)));

  constexpr size_t kChunkRows = 4096;
  ADVAE_ASSIGN_OR_RETURN(DataSet all, reader.ReadChunk(kChunkRows));
  if (all.rows.rows() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": no row follows the header"));
  }
  // Room for the rest, as the first chunk suggests: growing on demand would need it twice.
  const auto bytes_read = static_cast<double>(file->tellg());
  std::error_code unknown_size;
  const auto file_bytes = static_cast<double>(std::filesystem::file_size(path, unknown_size));
  if (!unknown_size && bytes_read > 0 && file_bytes > bytes_read) {
    const auto values = static_cast<double>(all.rows.values.size());
    all.rows.values.reserve(static_cast<size_t>(1.02 * values * file_bytes / bytes_read));
  }
  for (;;) {
    ADVAE_ASSIGN_OR_RETURN(DataSet chunk, reader.ReadChunk(kChunkRows));
    if (chunk.rows.rows() == 0) return all;
    Append(std::move(chunk), all);
  }
}

}  // namespace advae
