#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"

namespace advae {
namespace {

constexpr char kFooter[] = R"(The exit code is 0 when the server is ready, otherwise 1.

Examples:
  advae health
  advae health --service=advae.v1.AnomalyDetector)";

absl::Status CheckHealth(const std::string& service, Session& session) {
  const absl::StatusOr<bool> serving = session.client.IsServing(service);
  if (!serving.ok()) return serving.status();
  Json record = {{"server", session.server}, {"status", *serving ? "SERVING" : "NOT_SERVING"}};
  if (!service.empty()) record["service"] = service;
  WriteObject(session.format, record, session.streams.out);
  if (*serving) return absl::OkStatus();
  return absl::UnavailableError("not ready");
}

}  // namespace

void AddHealthCommand(CLI::App& app, Action& action) {
  const auto service = std::make_shared<std::string>();
  CLI::App* const command = app.add_subcommand("health", "Ask the server whether it is ready");
  command->footer(kFooter);
  command->add_option("--service", *service,
                      "One service of the server (default: the server as a whole)");
  command->callback([service, &action] {
    action = [service](Session& session) { return CheckHealth(*service, session); };
  });
}

}  // namespace advae
