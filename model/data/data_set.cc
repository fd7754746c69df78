#include "model/data/data_set.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "model/base/input_file.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

// By name of the column.
using ColumnIndices = absl::flat_hash_map<std::string, size_t>;

// A name or cell as messages show it.
std::string Quoted(absl::string_view text) {
  constexpr size_t kMaxShown = 40;
  const bool whole = text.size() <= kMaxShown;
  const std::string_view shown = Utf8Prefix({text.data(), text.size()}, kMaxShown);
  return absl::StrCat("\"", EscapeText(shown), whole ? "\"" : "...\"");
}

std::string QuotedList(const std::vector<std::string>& names) {
  constexpr size_t kMaxShown = 50;
  const size_t shown = std::min(names.size(), kMaxShown);
  std::string list =
      absl::StrJoin(names.begin(), names.begin() + shown, ", ",
                    [](std::string* out, const auto& name) { out->append(Quoted(name)); });
  if (shown < names.size()) absl::StrAppend(&list, " and ", names.size() - shown, " more");
  return list;
}

absl::Status NoSuchColumn(absl::string_view kind, const std::string& name,
                          const std::vector<std::string>& header) {
  return absl::InvalidArgumentError(absl::StrCat("there is no ", kind, " ", Quoted(name),
                                                 "; the columns are ", QuotedList(header)));
}

absl::StatusOr<ColumnIndices> IndexColumns(const std::vector<std::string>& names) {
  ColumnIndices indices;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      return absl::InvalidArgumentError(absl::StrCat("column ", i + 1, " has no name"));
    }
    if (!IsUtf8(names[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("the name of column ", i + 1, ", ", Quoted(names[i]), ", is not UTF-8"));
    }
    const auto [earlier, inserted] = indices.emplace(names[i], i);
    if (!inserted) {
      return absl::InvalidArgumentError(absl::StrCat("columns ", earlier->second + 1, " and ",
                                                     i + 1, " have the same name, ",
                                                     Quoted(names[i])));
    }
  }
  return indices;
}

absl::string_view Trimmed(const std::string& cell) { return absl::StripAsciiWhitespace(cell); }

// Parses a decimal number with optional blanks around it and an optional sign; nothing when it is
// none. An empty cell is NaN, a number beyond the range of float is infinite.
std::optional<float> ParseNumber(const std::string& cell) {
  absl::string_view text = Trimmed(cell);
  if (text.empty()) return std::numeric_limits<float>::quiet_NaN();
  if (!absl::StartsWith(text, "+-")) absl::ConsumePrefix(&text, "+");
  float value;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (parsed != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range && !absl::SimpleAtof(text, &value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<bool> ParseLabel(const std::string& cell) {
  if (absl::EqualsIgnoreCase(Trimmed(cell), "true")) return true;
  if (absl::EqualsIgnoreCase(Trimmed(cell), "false")) return false;
  const std::optional<float> number = ParseNumber(cell);
  if (number == 1.0f) return true;
  if (number == 0.0f) return false;
  return std::nullopt;
}

}  // namespace

DataSetReader::DataSetReader(CsvReader csv, DataSetOptions options)
    : csv_(std::move(csv)), options_(std::move(options)) {}

absl::StatusOr<DataSetReader> DataSetReader::Create(std::istream& input, DataSetOptions options) {
  DataSetReader reader(CsvReader(input), std::move(options));
  const absl::StatusOr<bool> found = reader.csv_.Next(reader.header_);
  if (!found.ok()) return reader.WithSource(found.status());
  if (!*found) {
    return reader.WithSource(absl::InvalidArgumentError("empty; expected a header line"));
  }
  if (absl::Status status = reader.SelectColumns(); !status.ok()) return reader.WithSource(status);
  return reader;
}

absl::Status DataSetReader::SelectColumns() {
  ADVAE_ASSIGN_OR_RETURN(const ColumnIndices indices, IndexColumns(header_));
  if (options_.label_column) {
    const auto label = indices.find(*options_.label_column);
    if (label != indices.end()) {
      label_index_ = label->second;
    } else if (!options_.label_optional) {
      return NoSuchColumn("label column", *options_.label_column, header_);
    }
  }
  for (const std::string& name : options_.columns) {
    const auto column = indices.find(name);
    if (column == indices.end()) return NoSuchColumn("column", name, header_);
    if (column->second == label_index_) {
      return absl::InvalidArgumentError(
          absl::StrCat("column ", Quoted(name), " is both the label and a feature"));
    }
    feature_indices_.push_back(column->second);
  }
  if (options_.columns.empty()) {
    for (size_t i = 0; i < header_.size(); ++i) {
      if (i != label_index_) feature_indices_.push_back(i);
    }
  }
  if (feature_indices_.empty()) {
    return absl::InvalidArgumentError("there is no column besides the label; expected features");
  }
  for (const size_t index : feature_indices_) feature_names_.push_back(header_[index]);
  if (options_.refuse_label_feature) label_check_.emplace(feature_names_);
  return absl::OkStatus();
}

absl::StatusOr<DataSet> DataSetReader::ReadChunk(size_t max_rows) {
  DataSet chunk;
  chunk.feature_names = feature_names_;
  chunk.rows.columns = feature_names_.size();
  bool at_end = false;
  for (size_t row = 0; row < max_rows; ++row) {
    const absl::StatusOr<bool> found = csv_.Next(cells_);
    if (!found.ok()) return WithSource(found.status());
    if (at_end = !*found; at_end) break;
    if (absl::Status status = AppendRow(chunk); !status.ok()) return WithSource(status);
  }
  if (!label_check_) return chunk;
  label_check_->Add(chunk.rows.view());
  if (!at_end) return chunk;
  if (absl::Status status = label_check_->Verdict(); !status.ok()) return WithSource(status);
  return chunk;
}

absl::Status DataSetReader::AppendRow(DataSet& chunk) const {
  if (cells_.size() != header_.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "line ", csv_.line(), ": ", cells_.size(), cells_.size() == 1 ? " cell" : " cells",
        "; expected ", header_.size(), ", as many as the header has"));
  }
  for (const size_t index : feature_indices_) {
    const std::optional<float> number = ParseNumber(cells_[index]);
    if (!number) return CellError(index, absl::StrCat("is not a number", LabelHint(index)));
    if (!options_.allow_not_finite && !std::isfinite(*number)) {
      return CellError(index, absl::StrCat("is not a finite 32-bit number", LabelHint(index)));
    }
    chunk.rows.values.push_back(*number);
  }
  if (has_labels()) {
    const std::optional<bool> label = ParseLabel(cells_[*label_index_]);
    if (!label) return CellError(*label_index_, "is not a label; expected 0, 1, false or true");
    chunk.labels.push_back(*label);
  }
  return absl::OkStatus();
}

std::string DataSetReader::LabelHint(size_t index) const {
  if (!label_check_ || !IsLabelName(header_[index])) return "";
  return absl::StrCat("; leave a label out with --label-column=\"", header_[index], "\"");
}

absl::Status DataSetReader::CellError(size_t index, std::string_view problem) const {
  return absl::InvalidArgumentError(absl::StrCat("line ", csv_.line(), ", column ",
                                                 Quoted(header_[index]), ": ",
                                                 Quoted(cells_[index]), " ", std::string(problem)));
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
    ADVAE_ASSIGN_OR_RETURN(const DataSet chunk, reader.ReadChunk(kChunkRows));
    if (chunk.rows.rows() == 0) return all;
    const std::vector<float>& values = chunk.rows.values;
    all.rows.values.insert(all.rows.values.end(), values.begin(), values.end());
    all.labels.insert(all.labels.end(), chunk.labels.begin(), chunk.labels.end());
  }
}

}  // namespace advae
