#include "model/data/data_set.h"

#include <cmath>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/input_file.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

TableLinesOptions LinesOf(const DataSetOptions& options) {
  return {.roles = {.label = options.label_column,
                    .label_optional = options.label_optional,
                    .keys = options.key_columns,
                    .ignored = options.ignored_columns,
                    .features = options.columns},
          .format = options.format,
          .source_name = options.source_name,
          .max_bad_lines = options.max_bad_lines};
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
std::string_view DescribeCell(float number, std::string_view cell) {
  return std::isnan(number)
             ? " (missing, and missing cells are not trained on yet; fill it, or leave such rows "
               "out with --skip-bad-lines=N)"
             : DescribeNotFinite(cell);
}

}  // namespace

DataSetReader::DataSetReader(TableLines lines, DataSetOptions options)
    : lines_(std::move(lines)), options_(std::move(options)) {
  if (options_.refuse_label_feature) label_check_.emplace(feature_names());
}

absl::StatusOr<DataSetReader> DataSetReader::Create(std::istream& input, DataSetOptions options) {
  ADVAE_ASSIGN_OR_RETURN(TableLines lines, TableLines::Create(input, LinesOf(options)));
  return DataSetReader(std::move(lines), std::move(options));
}

absl::StatusOr<DataSet> DataSetReader::ReadChunk(size_t max_rows) {
  if (!failure_.ok()) return failure_;
  DataSet chunk;
  chunk.feature_names = feature_names();
  chunk.rows.columns = feature_names().size();
  const absl::StatusOr<bool> more = ReadRows(max_rows, chunk);
  absl::Status status = more.status();
  if (label_check_) label_check_->Add(chunk.rows.view());
  if (label_check_ && more.ok() && !*more) status = label_check_->Verdict();
  if (!status.ok()) failure_ = lines_.WithSource(status);
  if (chunk.row_numbers.empty() && !failure_.ok()) return failure_;
  return chunk;
}

absl::StatusOr<bool> DataSetReader::ReadRows(size_t max_rows, DataSet& chunk) {
  while (chunk.row_numbers.size() < max_rows) {
    if (!chunk.row_numbers.empty() && !lines_.IsReady()) return true;
    ADVAE_ASSIGN_OR_RETURN(const bool found, lines_.Next(line_));
    if (!found) return false;
    const absl::Status status = AppendRow(chunk);
    if (!status.ok()) ADVAE_RETURN_IF_ERROR(lines_.PassOver(status));
  }
  return true;
}

absl::Status DataSetReader::AppendRow(DataSet& chunk) {
  const size_t values = chunk.rows.values.size();
  absl::Status status = ParseRow(chunk);
  if (!status.ok()) {
    chunk.rows.values.resize(values);
    return status;
  }
  for (const size_t index : selection().keys) chunk.keys.push_back(Utf8Of(line_.cells[index]));
  chunk.row_numbers.push_back(line_.number);
  return absl::OkStatus();
}

absl::Status DataSetReader::ParseRow(DataSet& chunk) {
  ADVAE_RETURN_IF_ERROR(lines_.CheckWidth(line_));
  for (const size_t index : selection().features) {
    const std::optional<float> number = lines_.numbers().Parse(line_.cells[index]);
    if (!number || !(options_.allow_not_finite || std::isfinite(*number))) {
      return FeatureError(index, number);
    }
    chunk.rows.values.push_back(*number);
  }
  if (has_labels()) {
    const size_t index = *selection().label;
    const std::optional<bool> label =
        ParseLabel(line_.cells[index], options_.normal_labels, lines_.numbers());
    if (!label) return lines_.CellError(line_, index, kNotALabel);
    chunk.labels.push_back(*label);
  }
  return absl::OkStatus();
}

absl::Status DataSetReader::FeatureError(size_t index, std::optional<float> number) {
  const std::string& cell = line_.cells[index];
  const std::string& name = lines_.header()[index];
  const bool is_label = label_check_ && IsLabelName(name);
  std::string problem = number ? "is not a finite 32-bit number" : "is not a number";
  if (is_label) {
    absl::StrAppend(&problem, "; leave a label out with --label-column=", Quoted(name));
  } else if (number) {
    absl::StrAppend(&problem, std::string(DescribeCell(*number, cell)));
  } else {
    absl::StrAppend(&problem, Advice(index));
  }
  return lines_.CellError(line_, index, problem);
}

std::string DataSetReader::Advice(size_t index) {
  const std::string description = lines_.numbers().Describe(line_.cells[index]);
  std::string advice = description.empty() ? "" : absl::StrCat(" (", description, ")");
  if (options_.columns.empty()) {
    const std::string name = Quoted(lines_.header()[index]);
    absl::StrAppend(&advice, "; leave the column out with --ignore=", name,
                    ", or with --key=", name, " if it identifies rows");
  }
  return advice;
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
