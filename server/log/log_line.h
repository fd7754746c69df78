#ifndef ADVAE_SERVER_LOG_LOG_LINE_H_
#define ADVAE_SERVER_LOG_LOG_LINE_H_

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace advae {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// "debug", "info", "warning" or "error".
std::string_view LogLevelName(LogLevel level);

// A text, or a finite number, which JSON shows as one.
struct LogField {
  LogField(std::string_view key, std::string text) : key(key), value(std::move(text)) {}
  template <typename Number>
  requires(std::integral<Number> || std::floating_point<Number>)
      LogField(std::string_view key, Number number)
      : key(key), value(absl::StrCat(number)), is_number(true) {}

  std::string_view key;
  std::string value;
  bool is_number = false;
};

// One event with named fields as one line, without its end:
//
//   2026-11-23T10:15:04.123Z info version loaded model=letter version=3
//   {"time":"2026-11-23T10:15:04.123Z","level":"info","event":"version loaded","model":"letter",
//    "version":3}
//
// Values may hold any bytes. UTF-8 stays readable; what would break the line or steer a terminal is
// escaped as in JSON, and a byte that is not UTF-8 becomes \xNN. A value of more than 4096 bytes is
// cut, and says so.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view event, const std::vector<LogField>& fields);

}  // namespace advae

#endif  // ADVAE_SERVER_LOG_LOG_LINE_H_
