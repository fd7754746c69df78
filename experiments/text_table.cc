#include "experiments/text_table.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr size_t kGap = 2;

// Of UTF-8, in characters.
size_t WidthOf(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

size_t ColumnWidth(const ReportTable& table, size_t column) {
  size_t width = WidthOf(table.columns[column]);
  for (const std::vector<std::string>& row : table.rows) {
    width = std::max(width, WidthOf(row[column]));
  }
  return width;
}

// The first column, and those from `begin` to before `end`.
void AppendLine(std::string& text, const std::vector<std::string>& cells,
                const std::vector<size_t>& widths, size_t begin, size_t end) {
  absl::StrAppend(&text, cells[0], std::string(widths[0] - WidthOf(cells[0]), ' '));
  for (size_t i = begin; i < end; ++i) {
    absl::StrAppend(&text, std::string(kGap + widths[i] - WidthOf(cells[i]), ' '), cells[i]);
  }
  text += '\n';
}

}  // namespace

std::string ToText(const ReportTable& table, size_t width) {
  std::vector<size_t> widths;
  for (size_t i = 0; i < table.columns.size(); ++i) widths.push_back(ColumnWidth(table, i));
  std::string text;
  for (size_t begin = 1; begin < widths.size();) {
    size_t end = begin + 1;
    size_t used = widths[0] + kGap + widths[begin];
    while (end < widths.size() && used + kGap + widths[end] <= width) used += kGap + widths[end++];
    if (begin > 1) text += '\n';
    AppendLine(text, table.columns, widths, begin, end);
    for (const std::vector<std::string>& row : table.rows) {
      AppendLine(text, row, widths, begin, end);
    }
    begin = end;
  }
  return text;
}

}  // namespace advae
