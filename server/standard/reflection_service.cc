#include "server/standard/reflection_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/calls/drained_stream.h"
#include "server/messages/method_handlers.h"
#include "server/standard/reflection_answer.h"

namespace advae {
namespace {

using grpc::reflection::v1alpha::ServerReflection;
using grpc::reflection::v1alpha::ServerReflectionRequest;
using grpc::reflection::v1alpha::ServerReflectionResponse;

std::vector<std::string> WithReflection(std::vector<std::string> services) {
  services.emplace_back(ServerReflection::service_full_name());
  return services;
}

}  // namespace

// One ServerReflectionInfo RPC: reads a request when the one before it is answered.
class ReflectionService::Call
    : public DrainedStream<grpc::ServerBidiReactor<Received, ServerReflectionResponse>,
                           ServerReflectionResponse> {
 public:
  Call(grpc::CallbackServerContext& context, CallPermit permit,
       const std::vector<std::string>& services, MessageLimits& limits, OpenStreams& streams)
      : DrainedStream(context, streams),
        services_(services),
        received_(request_, limits, std::move(permit)) {}

  void Drain() override { End(absl::UnavailableError("the server is stopping")); }

  void OnReadDone(bool ok) override {
    // A stream that was cut has not come to its end.
    if (!ok && context().IsCancelled()) return OnCancel();
    if (!ok) return End(absl::OkStatus());
    if (absl::Status status = Answer(); !status.ok()) End(status);
  }
  void OnCancel() override { End(absl::CancelledError("the call was cancelled")); }

 private:
  void Begin() override { StartRead(&received_); }
  void OnSent() override {
    if (!Hold()) return;
    StartRead(&received_);
    Release();
  }

  absl::Status Answer() {
    if (!received_.status().ok()) return received_.status();
    if (const size_t bytes = request_.ByteSizeLong(); bytes > kMaxRequestBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the request has ", bytes, " bytes; expected at most ", kMaxRequestBytes));
    }
    ServerReflectionResponse response = AnswerReflection(request_, services_);
    // As the message, and as it is sent.
    MemoryLease lease(received_.limits().budget);
    absl::Status status = lease.Grow(2 * response.ByteSizeLong());
    if (status.ok()) Send(std::move(response), std::move(lease));
    return status;
  }

  const std::vector<std::string>& services_;
  ServerReflectionRequest request_;
  Received received_;  // into request_
};

ReflectionService::ReflectionService(std::vector<std::string> services, const AccessControl& access,
                                     MessageLimits& limits, OpenStreams& streams)
    : services_(WithReflection(std::move(services))) {
  MethodHandlers handlers(ServerReflection::service_full_name(), access,
                          [this](int index, grpc::internal::MethodHandler* handler) {
                            MarkMethodCallback(index, handler);
                          });
  handlers.Bidi<ServerReflectionResponse>(
      "ServerReflectionInfo",
      [this, &limits, &streams](grpc::CallbackServerContext& context, CallPermit permit) {
        return Call::Launch<Call>(context, std::move(permit), services_, limits, streams);
      });
}

}  // namespace advae
