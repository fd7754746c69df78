#ifndef ADVAE_SERVER_MONITORING_LOG_H_
#define ADVAE_SERVER_MONITORING_LOG_H_

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace advae {

// Structured log lines on standard error: one event with named fields a line.
//
//   2026-11-23T10:15:04.123Z info version loaded model=letter version=3
//   {"time":"2026-11-23T10:15:04.123Z","level":"info","event":"version
//   loaded","model":"letter",...}

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

struct LogField {
  std::string_view key;
  std::string value;
};

// "debug", "info", "warning" or "error"; "text" or "json". kInvalidArgument for any other name.
absl::Status ConfigureLog(std::string_view level, std::string_view format);

// Writes one line when `level` is enabled. Thread-safe.
void Log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

// The line that Log writes. `fields` may hold any bytes; invalid UTF-8 is replaced.
std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view event, std::initializer_list<LogField> fields);

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_LOG_H_
