#include "server/services/grpc_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/retry_hint.h"

namespace advae {

grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase& context) {
  if (status.ok()) return grpc::Status::OK;
  if (const auto hint = RetryHint(status)) {
    context.AddTrailingMetadata("grpc-retry-pushback-ms",
                                absl::StrCat(absl::ToInt64Milliseconds(*hint)));
  }
  const auto code = absl::IsDataLoss(status) ? grpc::StatusCode::INTERNAL
                                             : static_cast<grpc::StatusCode>(status.code());
  return grpc::Status(code, std::string(status.message()));
}

}  // namespace advae
