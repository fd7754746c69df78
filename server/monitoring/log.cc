#include "server/monitoring/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace advae {
namespace {

struct LevelName {
  std::string_view name;
  spdlog::level::level_enum level;
};

constexpr std::array<LevelName, 4> kLevels = {{{"debug", spdlog::level::debug},
                                               {"info", spdlog::level::info},
                                               {"warning", spdlog::level::warn},
                                               {"error", spdlog::level::err}}};

std::atomic<LogFormat> format_in_use = LogFormat::kText;

const LevelName& NameOf(LogLevel level) { return kLevels[static_cast<size_t>(level)]; }

// Invalid UTF-8 is replaced, so that every line is valid JSON.
std::string Quoted(std::string_view value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool NeedsQuotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \"=\\") != std::string_view::npos ||
         std::any_of(value.begin(), value.end(),
                     [](unsigned char c) { return c < 0x20 || c >= 0x7f; });
}

spdlog::logger& Logger() {
  static spdlog::logger& logger = *[] {
    auto* logger = new spdlog::logger("advae", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%v");
    logger->flush_on(spdlog::level::debug);
    return logger;
  }();
  return logger;
}

std::string Now() {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
}

// Moves the level by so many places of kLevels.
void MoveLevel(ptrdiff_t places) {
  const auto* const current =
      std::find_if(kLevels.begin(), kLevels.end(),
                   [](const LevelName& entry) { return entry.level == Logger().level(); });
  const auto last = static_cast<ptrdiff_t>(kLevels.size()) - 1;
  const LevelName& wanted =
      kLevels[std::clamp<ptrdiff_t>(current - kLevels.begin() + places, 0, last)];
  Logger().set_level(wanted.level);
  // Not by way of Log, which may keep it back.
  Logger().log(spdlog::level::critical, "{}",
               FormatLogLine(format_in_use, LogLevel::kInfo, Now(), "log level changed",
                             {{"log_level", std::string(wanted.name)}}));
}

std::string JsonValue(const LogField& field) {
  return field.is_number ? field.value : Quoted(field.value);
}

}  // namespace

absl::Status ConfigureLog(std::string_view level, std::string_view format) {
  const auto* const known = std::find_if(
      kLevels.begin(), kLevels.end(), [&](const LevelName& entry) { return entry.name == level; });
  if (known == kLevels.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("log level \"", std::string(level),
                     "\" is unknown; expected debug, info, warning or error"));
  }
  if (format != "text" && format != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("log format \"", std::string(format), "\" is unknown; expected text or json"));
  }
  Logger().set_level(known->level);
  format_in_use = format == "json" ? LogFormat::kJson : LogFormat::kText;
  return absl::OkStatus();
}

void MakeLogMoreVerbose() { MoveLevel(-1); }
void MakeLogLessVerbose() { MoveLevel(1); }

bool IsLogged(LogLevel level) { return Logger().should_log(NameOf(level).level); }

void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields) {
  if (!IsLogged(level)) return;
  Logger().log(NameOf(level).level, "{}",
               FormatLogLine(format_in_use, level, Now(), event, fields));
}

std::string FormatLogLine(LogFormat format, LogLevel level, std::string_view time,
                          std::string_view event, const std::vector<LogField>& fields) {
  const std::string_view level_name = NameOf(level).name;
  std::string line;
  if (format == LogFormat::kJson) {
    for (const LogField& field :
         {LogField{"time", std::string(time)}, LogField{"level", std::string(level_name)},
          LogField{"event", std::string(event)}}) {
      absl::StrAppend(&line, line.empty() ? "{" : ",", Quoted(field.key), ":", Quoted(field.value));
    }
    for (const LogField& field : fields) {
      absl::StrAppend(&line, ",", Quoted(field.key), ":", JsonValue(field));
    }
    return absl::StrCat(line, "}");
  }
  line = absl::StrCat(std::string(time), " ", std::string(level_name), " ", std::string(event));
  for (const LogField& field : fields) {
    absl::StrAppend(&line, " ", std::string(field.key), "=",
                    NeedsQuotes(field.value) ? Quoted(field.value) : field.value);
  }
  return line;
}

}  // namespace advae
