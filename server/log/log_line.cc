#include "server/log/log_line.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "model/base/utf8.h"

namespace advae {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};
constexpr size_t kMaxValueBytes = 4096;

void AppendQuoted(const Utf8Head& head, std::string_view sequence, std::string& quoted) {
  if (!head.is_well_formed) {
    absl::StrAppend(&quoted, "\\\\x", absl::Hex(head.code_point, absl::kZeroPad2));
  } else if (head.code_point == '"' || head.code_point == '\\') {
    quoted += {'\\', static_cast<char>(head.code_point)};
  } else if (head.code_point == '\n') {
    quoted += "\\n";
  } else if (IsControl(head.code_point)) {  // all are below U+10000
    absl::StrAppend(&quoted, "\\u", absl::Hex(head.code_point, absl::kZeroPad4));
  } else {
    quoted += sequence;
  }
}

// As a JSON string.
std::string Quoted(std::string_view value) {
  std::string quoted = "\"";
  while (!value.empty()) {
    const Utf8Head head = Utf8HeadOf(value);
    AppendQuoted(head, value.substr(0, head.bytes), quoted);
    value.remove_prefix(head.bytes);
  }
  quoted += '"';
  return quoted;
}

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos ||
         std::any_of(value.begin(), value.end(),
                     [](unsigned char c) { return c < 0x20 || c >= 0x7f; });
}

std::string Shortened(const std::string& value) {
  if (value.size() <= kMaxValueBytes) return value;
  return absl::StrCat(std::string(Utf8Prefix(value, kMaxValueBytes)), "... (", value.size(),
                      " bytes)");
}

std::string Value(LogFormat format, const LogField& field) {
  if (field.is_number) return field.value;
  const std::string value = Shortened(field.value);
  return format == LogFormat::kJson || NeedsQuotes(value) ? Quoted(value) : value;
}

}  // namespace

std::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<size_t>(level)]; }

std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view event, const std::vector<LogField>& fields) {
  const std::string_view level_name = LogLevelName(level);
  std::string line;
  if (format == LogFormat::kJson) {
    line = absl::StrCat("{\"time\":", Quoted(time), ",\"level\":", Quoted(level_name),
                        ",\"event\":", Quoted(event));
    for (const LogField& field : fields) {
      absl::StrAppend(&line, ",", Quoted(field.key), ":", Value(format, field));
    }
    return absl::StrCat(line, "}");
  }
  line = absl::StrCat(std::string(time), " ", std::string(level_name), " ", std::string(event));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", std::string(field.key), "=", Value(format, field));
  }
  return line;
}

}  // namespace advae
