#include "server/log/library_log.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/steady_clock.h"
#include "server/log/log.h"
#include "server/log/log_limiter.h"

namespace advae {
namespace {

constexpr int kLinesPerSecond = 10;

// The name alone: folders are those of the machine that built the library.
std::string_view FileName(std::string_view path) { return path.substr(path.find_last_of('/') + 1); }

void LogFor(const char* library, LogLevel level, const char* file, int line,
            const std::string& message) {
  static LogLimiter& limiter = *new LogLimiter(kLinesPerSecond);
  if (!IsLogged(level)) return;
  const std::string source = absl::StrCat(std::string(FileName(file)), ":", line);
  const std::optional<uint64_t> held_back = limiter.Admit(source, SteadyNow());
  if (!held_back) return;
  std::vector<LogField> fields = {{"library", library}, {"source", source}, {"message", message}};
  if (*held_back > 0) fields.emplace_back("held_back", *held_back);
  Log(level, "library message", fields);
}

LogLevel LevelOf(gpr_log_severity severity) {
  switch (severity) {
    case GPR_LOG_SEVERITY_DEBUG:
      return LogLevel::kDebug;
    case GPR_LOG_SEVERITY_INFO:
      return LogLevel::kInfo;
    case GPR_LOG_SEVERITY_ERROR:
      break;
  }
  return LogLevel::kError;
}

LogLevel LevelOf(google::protobuf::LogLevel level) {
  switch (level) {
    case google::protobuf::LOGLEVEL_INFO:
      return LogLevel::kInfo;
    case google::protobuf::LOGLEVEL_WARNING:
      return LogLevel::kWarning;
    default:
      return LogLevel::kError;
  }
}

void LogForGrpc(gpr_log_func_args* args) {
  LogFor("gRPC", LevelOf(args->severity), args->file, args->line, args->message);
}

void LogForProtobuf(google::protobuf::LogLevel level, const char* file, int line,
                    const std::string& message) {
  LogFor("Protobuf", LevelOf(level), file, line, message);
}

}  // namespace

void TakeOverLibraryLogs() {
  gpr_set_log_function(&LogForGrpc);
  google::protobuf::SetLogHandler(&LogForProtobuf);
}

}  // namespace advae
