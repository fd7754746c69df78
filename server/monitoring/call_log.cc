#include "server/monitoring/call_log.h"

#include "absl/strings/str_cat.h"
#include "model/base/steady_clock.h"
#include "server/metrics/status_code_name.h"

namespace advae {
namespace {

// What the caller did wrong is the caller's to see; what the server did wrong is ours.
LogLevel LevelOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return LogLevel::kDebug;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS:
      return LogLevel::kError;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNAVAILABLE:
      return LogLevel::kWarning;
    default:
      return LogLevel::kInfo;
  }
}

}  // namespace

std::optional<uint64_t> CallLog::Admit(std::string_view method, grpc::StatusCode code) {
  if (!IsLogged(LevelOf(code))) return std::nullopt;
  // Whoever asks for level debug wants to see them all.
  if (IsLogged(LogLevel::kDebug)) return 0;
  return limiter_.Admit(absl::StrCat(std::string(method), " ", StatusCodeName(code)), SteadyNow());
}

void CallLog::Write(grpc::StatusCode code, uint64_t held_back, std::vector<LogField> fields) {
  if (held_back > 0) fields.emplace_back("held_back", held_back);
  Log(LevelOf(code), code == grpc::StatusCode::OK ? "rpc ended" : "rpc failed", fields);
}

}  // namespace advae
