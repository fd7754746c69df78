#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"

namespace advae {
namespace {

// Of which the server's health service tells as of a service.
constexpr char kRepository[] = "advae.repository";

constexpr char kFooter[] = R"(The exit code is 0 when the server is ready, otherwise 1. A server
whose repository cannot be read, as its volume is not mounted, serves on with what it has loaded.

Examples:
  advae health
  advae health --service=advae.v1.AnomalyDetector)";

absl::Status CheckHealth(const std::string& service, Session& session) {
  const absl::StatusOr<bool> serving = session.client.IsServing(service);
  if (!serving.ok()) return serving.status();
  Json record = {{"server", session.server}, {"status", *serving ? "SERVING" : "NOT_SERVING"}};
  if (!service.empty()) {
    record["service"] = service;
  } else if (const auto readable = session.client.IsServing(kRepository); readable.ok()) {
    // Servers before this one do not know it.
    record["repository"] = *readable ? "READABLE" : "NOT_READABLE";
  }
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
