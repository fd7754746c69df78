#include "server/log/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/log/log_writer.h"

namespace advae {
namespace {

constexpr size_t kMaxWaitingBytes = 1 << 20;

constexpr std::array<LogLevel, 4> kLevels = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                             LogLevel::kError};

std::atomic<LogLevel> level_in_use = LogLevel::kInfo;
std::atomic<LogFormat> format_in_use = LogFormat::kText;

std::string Line(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  const std::string now =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  return FormatLogLine(format_in_use, level, now, event, fields);
}

// Never destroyed: its thread may be waiting for the reader of the log when the process ends.
LogWriter& Writer() {
  static LogWriter& writer = *new LogWriter(STDERR_FILENO, kMaxWaitingBytes, [](uint64_t count) {
    return Line(LogLevel::kWarning, "log lines dropped", {{"count", count}});
  });
  return writer;
}

// Moves the level by so many places.
void MoveLevel(int places) {
  const int last = static_cast<int>(kLevels.size()) - 1;
  const LogLevel wanted =
      kLevels[std::clamp(static_cast<int>(level_in_use.load()) + places, 0, last)];
  level_in_use = wanted;
  // Not by way of Log, which may keep it back.
  Writer().Write(Line(LogLevel::kInfo, "log level changed",
                      {{"log_level", std::string(LogLevelName(wanted))}}));
}

}  // namespace

absl::Status ConfigureLog(std::string_view level, std::string_view format) {
  const auto* const known = std::find_if(kLevels.begin(), kLevels.end(), [&](LogLevel candidate) {
    return LogLevelName(candidate) == level;
  });
  if (known == kLevels.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("log level \"", std::string(level),
                     "\" is unknown; expected debug, info, warning or error"));
  }
  if (format != "text" && format != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("log format \"", std::string(format), "\" is unknown; expected text or json"));
  }
  level_in_use = *known;
  format_in_use = format == "json" ? LogFormat::kJson : LogFormat::kText;
  return absl::OkStatus();
}

void MakeLogMoreVerbose() { MoveLevel(-1); }
void MakeLogLessVerbose() { MoveLevel(1); }

bool IsLogged(LogLevel level) { return level >= level_in_use; }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  if (IsLogged(level)) LogAlways(level, event, fields);
}

void LogAlways(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  try {
    Writer().Write(Line(level, event, fields));
  } catch (const std::bad_alloc&) {
    Writer().Drop();
  }
}

void FlushLog(absl::Duration limit) { Writer().Flush(limit); }

uint64_t DroppedLogLines() { return Writer().dropped(); }

}  // namespace advae
