#include "server/transport/readiness_probe.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace advae {

ReadinessProbe::ReadinessProbe(std::string address, const ProbeOptions& options,
                               std::function<void(bool)> on_change)
    : address_(std::move(address)), options_(options), on_change_(std::move(on_change)) {
  const bool answered = IsAnswered();
  on_change_(answered);
  thread_ = std::thread([this, answered] { Run(answered); });
}

ReadinessProbe::~ReadinessProbe() {
  stop_.Notify();
  thread_.join();
}

void ReadinessProbe::Run(bool answered) {
  while (!stop_.WaitFor(options_.interval)) {
    if (IsAnswered() == answered) continue;
    answered = !answered;
    on_change_(answered);
  }
}

bool ReadinessProbe::IsAnswered() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // As gRPC's scheme wants it: the brackets of an IPv6 address are characters of a URI there.
  const std::string target =
      absl::StrCat(absl::StartsWith(address_, "[") ? "ipv6:" : "ipv4:",
                   absl::StrReplaceAll(address_, {{"[", "%5B"}, {"]", "%5D"}}));
  const auto channel =
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  const auto stub = grpc::health::v1::Health::NewStub(channel);
  grpc::ClientContext context;
  const grpc::health::v1::HealthCheckRequest request;
  grpc::health::v1::HealthCheckResponse response;
  grpc::Status status;
  SteadyNotification ended;
  stub->async()->Check(&context, &request, &response, [&status, &ended](grpc::Status outcome) {
    status = std::move(outcome);
    ended.Notify();
  });
  // Instead of a deadline, for which gRPC's timers wait by the wall clock.
  if (!ended.WaitFor(options_.limit)) {
    context.TryCancel();
    ended.Wait();
  }
  // Whether it serves or drains: it was answered.
  return status.ok();
}

}  // namespace advae
