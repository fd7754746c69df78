#include "tests/integration/harness/server_process.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae::testing {
namespace {

std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

std::vector<std::string> LoopbackFlags(const std::filesystem::path& repository) {
  return {absl::StrCat("--repository=", repository.string()), "--listen=127.0.0.1:0",
          "--metrics_listen=127.0.0.1:0"};
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const std::filesystem::path& repository, const std::vector<std::string>& flags,
    std::vector<std::string> launcher) {
  std::vector<std::string>& command = launcher;
  command.push_back(ADVAE_SERVER_PROGRAM);
  const std::vector<std::string> loopback = LoopbackFlags(repository);
  command.insert(command.end(), loopback.begin(), loopback.end());
  command.insert(command.end(), flags.begin(), flags.end());
  absl::StatusOr<std::unique_ptr<Process>> process = Process::Start(
      {.program = command.front(), .arguments = {command.begin() + 1, command.end()}});
  if (!process.ok()) return process.status();
  const absl::StatusOr<std::optional<std::string>> line = (*process)->ReadLine();
  if (!line.ok()) return line.status();
  static const std::regex& form =
      *new std::regex("listening grpc=(\\S+) metrics=(\\S+)(?: http=(\\S+))?(?: admin=(\\S+))?");
  std::smatch match;
  const std::string text = line->value_or("");
  if (!std::regex_match(text, match, form)) {
    // Without a line, the program is ending: its last words may still be on their way.
    if (!line->has_value()) ADVAE_RETURN_IF_ERROR((*process)->Wait().status());
    return absl::InternalError(
        absl::StrCat("the server wrote \"", text, "\"\n", (*process)->errors()));
  }
  return std::unique_ptr<ServerProcess>(new ServerProcess(*std::move(process), match));
}

ServerProcess::ServerProcess(std::unique_ptr<Process> process, const std::smatch& addresses)
    : process_(std::move(process)),
      address_(addresses[1]),
      metrics_address_(addresses[2]),
      http_address_(addresses[3]),
      admin_address_(addresses[4]),
      channel_(Connect(address_)),
      detector_(v1::AnomalyDetector::NewStub(channel_)),
      registry_(v1::ModelRegistry::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

absl::StatusOr<ProcessEnd> ServerProcess::Stop(int signal) {
  detector_.reset();
  registry_.reset();
  health_.reset();
  channel_.reset();
  process_->Signal(signal);
  return process_->Wait();
}

}  // namespace advae::testing
