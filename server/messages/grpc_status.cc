#include "server/messages/grpc_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "model/base/steady_clock.h"
#include "server/base/private_paths.h"
#include "server/base/retry_hint.h"
#include "server/log/log.h"
#include "server/log/log_limiter.h"
#include "server/metrics/status_code_name.h"

namespace advae {
namespace {

constexpr int kLinesPerSecond = 10;

// What the client does not get to see.
void LogWhole(const absl::Status& status, const grpc::Status& shown,
              const grpc::ServerContextBase& context) {
  static LogLimiter& limiter = *new LogLimiter(kLinesPerSecond);
  const char* const code = StatusCodeName(shown.error_code());
  if (!limiter.Admit(code, SteadyNow())) return;
  Log(LogLevel::kError, "error with paths",
      {{"code", code}, {"message", std::string(status.message())}, {"peer", context.peer()}});
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase& context) {
  if (status.ok()) return grpc::Status::OK;
  if (const auto hint = RetryHint(status)) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms",
                                absl::StrCat(absl::ToInt64Milliseconds(*hint)));
  }
  const auto code = absl::IsDataLoss(status) ? grpc::StatusCode::INTERNAL
                                             : static_cast<grpc::StatusCode>(status.code());
  grpc::Status shown(code, WithoutPrivatePaths({status.message().data(), status.message().size()}));
  if (shown.error_message() != status.message()) LogWhole(status, shown, context);
  return shown;
}

}  // namespace advae
