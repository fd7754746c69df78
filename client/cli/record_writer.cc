#include "client/cli/record_writer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

// With words for the numbers that are not finite, also within objects and lists.
Json WithWords(const Json& value) {
  if (value.is_number_float()) return FiniteOrWord(value.get<double>());
  if (!value.is_structured()) return value;
  Json copy = value;
  for (Json& element : copy) element = WithWords(element);
  return copy;
}

// Whether a spreadsheet would run the text instead of showing it.
bool IsFormula(const std::string& text) {
  double number;
  return !text.empty() && absl::StrContains("=+-@\t\r", text.front()) &&
         !absl::SimpleAtod(text, &number);
}

std::string CsvCell(const Json& cell) {
  if (cell.is_null()) return "";
  const Json value = WithWords(cell);
  std::string text = value.is_string() ? value.get<std::string>() : JsonText(value);
  if (cell.is_string() && IsFormula(text)) text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrFormat("\"%s\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}));
}

// With control characters escaped, which would steer the terminal.
std::string WithoutControls(const std::string& text) {
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const Utf8Head head = Utf8HeadOf(rest);
    const std::string_view character = rest.substr(0, head.bytes);
    if (head.is_well_formed && !IsControl(head.code_point)) {
      shown += character;
    } else {
      shown += EscapeText(character);
    }
    rest.remove_prefix(head.bytes);
  }
  return shown;
}

// In characters: what UTF-8 text takes on a line.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

// For reading: numbers are rounded.
std::string TableCell(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return WithoutControls(value.get<std::string>());
  if (value.is_number_float()) {
    const Json number = WithWords(value);
    return number.is_string() ? number.get<std::string>()
                              : absl::StrFormat("%.6g", number.get<double>());
  }
  if (!value.is_array()) return JsonText(value);
  return absl::StrJoin(
      value, ", ", [](std::string* out, const Json& element) { out->append(TableCell(element)); });
}

class JsonWriter : public RecordWriter {
 public:
  JsonWriter(std::vector<std::string> columns, std::ostream& out)
      : columns_(std::move(columns)), out_(out) {}

  void Write(const std::vector<Json>& cells) override {
    Json object;
    for (size_t i = 0; i < columns_.size(); ++i) object[columns_[i]] = cells[i];
    out_ << (empty_ ? "[\n" : ",\n") << "  " << JsonText(object);
    empty_ = false;
  }
  void Flush() override {}
  void Finish() override { out_ << (empty_ ? "[]\n" : "\n]\n"); }

 private:
  std::vector<std::string> columns_;
  std::ostream& out_;
  bool empty_ = true;
};

class JsonLinesWriter : public RecordWriter {
 public:
  JsonLinesWriter(std::vector<std::string> columns, std::ostream& out)
      : columns_(std::move(columns)), out_(out) {}

  void Write(const std::vector<Json>& cells) override {
    Json object;
    for (size_t i = 0; i < columns_.size(); ++i) object[columns_[i]] = cells[i];
    out_ << JsonText(object) << '\n';
  }
  void Flush() override {}
  void Finish() override {}

 private:
  std::vector<std::string> columns_;
  std::ostream& out_;
};

class CsvWriter : public RecordWriter {
 public:
  CsvWriter(std::vector<std::string> columns, std::ostream& out)
      : columns_(std::move(columns)), out_(out) {}

  void Write(const std::vector<Json>& cells) override {
    WriteHeaderOnce();
    WriteLine(cells);
  }
  void Flush() override {}
  void Finish() override { WriteHeaderOnce(); }

 private:
  void WriteHeaderOnce() {
    if (!std::exchange(has_header_, true)) WriteLine({columns_.begin(), columns_.end()});
  }
  void WriteLine(const std::vector<Json>& cells) {
    out_ << absl::StrJoin(cells, ",", [](std::string* out, const Json& cell) {
      out->append(CsvCell(cell));
    }) << '\n';
  }

  std::vector<std::string> columns_;
  std::ostream& out_;
  bool has_header_ = false;
};

class TableWriter : public RecordWriter {
 public:
  TableWriter(std::vector<std::string> columns, std::ostream& out)
      : columns_(columns.size()), out_(out) {
    std::vector<std::string>& header = lines_.emplace_back();
    for (size_t i = 0; i < columns.size(); ++i) {
      header.push_back(WithoutControls(columns[i]));
      columns_[i].width = Width(header.back());
    }
  }

  void Write(const std::vector<Json>& cells) override {
    std::vector<std::string> line;
    for (size_t i = 0; i < cells.size(); ++i) {
      line.push_back(TableCell(cells[i]));
      if (measuring_) {
        columns_[i].width = std::max(columns_[i].width, Width(line.back()));
        columns_[i].is_text |= cells[i].is_string() || cells[i].is_array();
      }
    }
    lines_.push_back(std::move(line));
    if (!measuring_ || lines_.size() == kMeasuredLines) WriteLines();
  }
  void Flush() override { WriteLines(); }
  void Finish() override { WriteLines(); }

 private:
  static constexpr size_t kMeasuredLines = 256;

  struct Column {
    size_t width = 0;
    bool is_text = false;  // to the left; numbers go to the right
  };

  void WriteLines() {
    measuring_ = false;
    for (const std::vector<std::string>& line : std::exchange(lines_, {})) {
      std::string text;
      for (size_t i = 0; i < line.size(); ++i) {
        const size_t width = Width(line[i]);
        const std::string blanks(std::max(columns_[i].width, width) - width, ' ');
        absl::StrAppend(&text, i == 0 ? "" : "  ", columns_[i].is_text ? "" : blanks, line[i],
                        columns_[i].is_text ? blanks : "");
      }
      text.erase(text.find_last_not_of(' ') + 1);
      out_ << text << '\n';
    }
  }

  std::vector<Column> columns_;
  std::ostream& out_;
  bool measuring_ = true;
  std::vector<std::vector<std::string>> lines_;  // not yet written
};

using Members = std::vector<std::pair<std::string, Json>>;

void Flatten(const std::string& prefix, const Json& object, Members& members) {
  for (const auto& [name, value] : object.items()) {
    if (value.is_object()) {
      Flatten(prefix + name + ".", value, members);
    } else {
      members.emplace_back(prefix + name, value);
    }
  }
}

bool IsListOfTexts(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const Json& element) { return element.is_string(); });
}

// The name, `width` characters wide, stands on the first line only.
void WriteTableLines(int width, const std::string& name, const Json& value, std::ostream& out) {
  const Json lines = IsListOfTexts(value) ? value : Json::array({value});
  std::string_view label = name;
  for (const Json& line : lines) {
    out << absl::StreamFormat("%-*s  %s\n", width, std::exchange(label, ""), TableCell(line));
  }
}

}  // namespace

std::string JsonText(const Json& value) {
  return WithWords(value).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json FiniteOrWord(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return number;
}

std::unique_ptr<RecordWriter> RecordWriter::Create(OutputFormat format,
                                                   std::vector<std::string> columns,
                                                   std::ostream& out) {
  switch (format) {
    case OutputFormat::kJson:
      return std::make_unique<JsonWriter>(std::move(columns), out);
    case OutputFormat::kJsonLines:
      return std::make_unique<JsonLinesWriter>(std::move(columns), out);
    case OutputFormat::kCsv:
      return std::make_unique<CsvWriter>(std::move(columns), out);
    case OutputFormat::kTable:
      break;
  }
  return std::make_unique<TableWriter>(std::move(columns), out);
}

void WriteObject(OutputFormat format, const Json& object, std::ostream& out) {
  if (format == OutputFormat::kJson) {
    out << WithWords(object).dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
    return;
  }
  if (format == OutputFormat::kJsonLines) {
    out << JsonText(object) << '\n';
    return;
  }
  Members members;
  Flatten("", object, members);
  size_t width = 0;
  std::vector<std::string> columns;
  std::vector<Json> cells;
  for (auto& [name, value] : members) {
    width = std::max(width, Width(name));
    columns.push_back(name);
    cells.push_back(value);
  }
  if (format == OutputFormat::kTable) {
    for (const auto& [name, value] : members) {
      WriteTableLines(static_cast<int>(width), name, value, out);
    }
    return;
  }
  CsvWriter writer(std::move(columns), out);
  writer.Write(cells);
}

}  // namespace advae
