#include "model/data/csv_dialect.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace advae {
namespace {

constexpr char kDelimiters[] = {',', ';', '\t', '|'};
constexpr char kDoubleQuote = '"';
constexpr char kApostrophe = '\'';
constexpr char kComment = '#';

// What the detection looks at.
struct Sample {
  std::optional<char> separator;  // of a "sep=" line
  bool has_comments = false;
  std::vector<std::string_view> records;  // at most two, without their line breaks
  bool is_complete = false;               // whether both have theirs
};

// Takes the first line off `text`, with line breaks in double quotes as part of it when
// `with_quotes`. Unset when it does not end.
std::optional<std::string_view> TakeLine(std::string_view& text, bool with_quotes) {
  bool in_quotes = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (with_quotes && c == kDoubleQuote) in_quotes = !in_quotes;
    if (in_quotes || (c != '\n' && c != '\r')) continue;
    const std::string_view line = text.substr(0, i);
    text.remove_prefix(text.substr(i).starts_with("\r\n") ? i + 2 : i + 1);
    return line;
  }
  return std::nullopt;
}

// The delimiter that a line such as `sep=;` or `"sep=;"` names.
std::optional<char> SeparatorOf(std::string_view line) {
  if (line.size() > 2 && line.front() == kDoubleQuote && line.back() == kDoubleQuote) {
    line = line.substr(1, line.size() - 2);
  }
  if (line.size() != 5 || !absl::StartsWithIgnoreCase(absl::string_view(line.data(), 5), "sep=")) {
    return std::nullopt;
  }
  return line[4];
}

Sample Split(std::string_view text) {
  text = text.substr(0, kMaxDialectSample);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Sample sample;
  std::string_view after_line = text;
  if (const auto line = TakeLine(after_line, false); line) {
    sample.separator = SeparatorOf(*line);
    if (sample.separator) text = after_line;
  }
  while (sample.records.size() < 2) {
    const bool is_comment = text.starts_with(kComment) && sample.records.empty();
    const auto line = TakeLine(text, !is_comment);
    if (!line && !is_comment && !text.empty()) sample.records.push_back(text);
    if (!line) return sample;
    sample.has_comments |= is_comment;
    if (!is_comment && !line->empty()) sample.records.push_back(*line);
  }
  sample.is_complete = true;
  return sample;
}

std::vector<std::string_view> Cells(std::string_view record, char delimiter) {
  std::vector<std::string_view> cells;
  bool in_quotes = false;
  size_t first = 0;
  for (size_t i = 0; i < record.size(); ++i) {
    if (record[i] == kDoubleQuote) in_quotes = !in_quotes;
    if (in_quotes || record[i] != delimiter) continue;
    cells.push_back(record.substr(first, i - first));
    first = i + 1;
  }
  cells.push_back(record.substr(first));
  return cells;
}

// Whether a cell has nothing but what numbers are written with, and a digit; a comma may be its
// decimal mark.
bool LooksLikeNumber(std::string_view cell) {
  return std::ranges::any_of(cell, absl::ascii_isdigit) && std::ranges::all_of(cell, [](char c) {
           return absl::ascii_isdigit(c) || absl::StrContains(" \"+-.,eE", c);
         });
}

// How well a delimiter fits; larger is better.
using Fit = std::tuple<bool, double, size_t>;

Fit FitOf(char delimiter, size_t header_cells, const std::vector<std::string_view>& records) {
  if (records.size() < 2) return {false, 0, header_cells};
  const std::vector<std::string_view> cells = Cells(records[1], delimiter);
  const auto numbers = static_cast<double>(std::ranges::count_if(cells, LooksLikeNumber));
  return {cells.size() == header_cells, numbers / static_cast<double>(cells.size()), header_cells};
}

char DetectDelimiter(const Sample& sample) {
  const std::vector<std::string_view>& records = sample.records;
  if (records.empty()) return ',';
  std::optional<Fit> best;
  char delimiter = ',';
  for (const char candidate : kDelimiters) {
    const size_t cells = Cells(records.front(), candidate).size();
    if (cells < 2) continue;
    const Fit fit = FitOf(candidate, cells, records);
    if (best && !(fit > *best)) continue;
    best = fit;
    delimiter = candidate;
  }
  // A single column whose numbers have decimal commas.
  if (!best && records.size() == 2 && Cells(records[1], ',').size() == 2 &&
      LooksLikeNumber(records[1])) {
    return ';';
  }
  return delimiter;
}

bool HasEnclosedCell(std::string_view record, char delimiter) {
  return std::ranges::any_of(Cells(record, delimiter), [](std::string_view cell) {
    return cell.size() >= 2 && cell.front() == kApostrophe && cell.back() == kApostrophe;
  });
}

char DetectQuote(const Sample& sample, char delimiter) {
  const auto& records = sample.records;
  const bool has_double_quote = std::ranges::any_of(records, [](std::string_view record) {
    return record.find(kDoubleQuote) != std::string_view::npos;
  });
  const bool has_enclosed = std::ranges::any_of(
      records, [&](std::string_view record) { return HasEnclosedCell(record, delimiter); });
  return has_enclosed && !has_double_quote ? kApostrophe : kDoubleQuote;
}

}  // namespace

bool IsEnoughForDialect(std::string_view sample) {
  return sample.size() >= kMaxDialectSample || Split(sample).is_complete;
}

CsvDialect DetectDialect(std::string_view sample, const CsvDialectOptions& options) {
  const Sample split = Split(sample);
  CsvDialect dialect;
  dialect.has_separator_line = split.separator.has_value();
  if (split.has_comments) dialect.comment = kComment;
  dialect.delimiter = options.delimiter ? *options.delimiter
                      : split.separator ? *split.separator
                                        : DetectDelimiter(split);
  dialect.quote = options.quote ? *options.quote : DetectQuote(split, dialect.delimiter);
  return dialect;
}

}  // namespace advae
