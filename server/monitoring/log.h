#ifndef ADVAE_SERVER_MONITORING_LOG_H_
#define ADVAE_SERVER_MONITORING_LOG_H_

#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {

// Structured log lines on standard error: one event with named fields a line.
//
//   2026-11-23T10:15:04.123Z info version loaded model=letter version=3
//   {"time":"2026-11-23T10:15:04.123Z","level":"info","event":"version loaded","model":"letter",
//    "version":3}

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

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

// "debug", "info", "warning" or "error"; "text" or "json". kInvalidArgument for any other name.
absl::Status ConfigureLog(std::string_view level, std::string_view format);

// Makes the log one level more verbose, or one less, and writes a line about it at any level. The
// first and the last level stay. Thread-safe.
void MakeLogMoreVerbose();
void MakeLogLessVerbose();

// Whether Log writes lines of this level. Thread-safe.
bool IsLogged(LogLevel level);

// Writes one line when `level` is enabled. Thread-safe.
void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields = {});

// The line that Log writes. `fields` may hold any bytes; invalid UTF-8 is replaced.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view event, const std::vector<LogField>& fields);

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_LOG_H_
