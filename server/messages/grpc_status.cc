#include "server/messages/grpc_status.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/status.pb.h"
#include "model/base/steady_clock.h"
#include "server/base/private_paths.h"
#include "server/base/retry_hint.h"
#include "server/log/log.h"
#include "server/log/log_limiter.h"
#include "server/messages/error_details.h"
#include "server/metrics/status_code_name.h"

namespace advae {
namespace {

constexpr int kLinesPerSecond = 10;
// The trailing metadata of a call has 8 kB, in which the message stands several times with details.
constexpr size_t kMaxDetailedMessage = 800;

grpc::StatusCode CodeOf(const absl::Status& status) {
  return absl::IsDataLoss(status) ? grpc::StatusCode::INTERNAL
                                  : static_cast<grpc::StatusCode>(status.code());
}

// What the client does not get to see.
void LogWhole(const absl::Status& status, const grpc::ServerContextBase& context) {
  static LogLimiter& limiter = *new LogLimiter(kLinesPerSecond);
  const char* const code = StatusCodeName(CodeOf(status));
  if (!limiter.Admit(code, SteadyNow())) return;
  Log(LogLevel::kError, "error with paths",
      {{"code", code}, {"message", absl::StrCat(status.message())}, {"peer", context.peer()}});
}

// A google.rpc.Status; empty without details.
std::string EncodedDetails(const absl::Status& status, grpc::StatusCode code,
                           const std::string& message) {
  if (message.size() > kMaxDetailedMessage) return {};
  std::vector<google::protobuf::Any> details = ErrorDetails(status, message);
  if (details.empty()) return {};
  google::rpc::Status encoded;
  encoded.set_code(code);
  encoded.set_message(message);
  for (google::protobuf::Any& detail : details) *encoded.add_details() = std::move(detail);
  return encoded.SerializeAsString();
}

}  // namespace

std::string ShownMessage(const absl::Status& status, const grpc::ServerContextBase& context) {
  std::string message = WithoutPrivatePaths({status.message().data(), status.message().size()});
  if (message != status.message()) LogWhole(status, context);
  return message;
}

grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase& context) {
  if (status.ok()) return grpc::Status::OK;
  if (const auto hint = RetryHint(status)) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms",
                                absl::StrCat(absl::ToInt64Milliseconds(*hint)));
  }
  const grpc::StatusCode code = CodeOf(status);
  const std::string message = ShownMessage(status, context);
  return {code, message, EncodedDetails(status, code, message)};
}

}  // namespace advae
