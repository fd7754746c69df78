#include "server/transport/readiness_probe.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel_posix.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "model/base/file_descriptor.h"
#include "server/transport/listening_socket.h"

namespace advae {

void ProbeConnection::Announce(std::string address) {
  absl::MutexLock lock(&mutex_);
  address_ = std::move(address);
}

bool ProbeConnection::Is(const std::string& peer) const {
  absl::MutexLock lock(&mutex_);
  return !address_.empty() && peer == address_;
}

ReadinessProbe::ReadinessProbe(std::string address, const ProbeOptions& options,
                               ProbeConnection& connection, std::function<void(bool)> on_change)
    : address_(std::move(address)),
      options_(options),
      connection_(connection),
      on_change_(std::move(on_change)) {
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
  absl::StatusOr<FileDescriptor> socket =
      Connect(address_, options_.limit,
              [this](const std::string& address) { connection_.Announce(address); });
  const absl::Cleanup forget = [this] { connection_.Announce(""); };
  if (!socket.ok()) return false;
  const auto channel = grpc::CreateInsecureChannelFromFd(address_, socket->Release());
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
  // Whether it serves or drains, or wants to know who asks: it was answered.
  return status.ok() || status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
}

}  // namespace advae
