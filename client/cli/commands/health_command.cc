#include <chrono>
#include <string>
#include <thread>

#include "client/cli/commands/command.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

// Of which the server's health service tells as of a service.
constexpr char kRepository[] = "advae.repository";

constexpr char kFooter[] = R"(The exit code is 0 when the server is ready, otherwise 1. A server
whose repository cannot be read, for instance because its volume is not mounted, keeps serving what
it has loaded.

Examples:
  advae health
  advae health --wait=10 && advae train pump --data=normal.csv
  advae health --service=advae.v1.AnomalyDetector)";

constexpr std::chrono::milliseconds kBetweenQuestions(100);

struct HealthOptions {
  std::string service;
  double wait = 0;
};

// Whether the server is ready, as soon as it is or when the time is over.
absl::StatusOr<bool> WaitUntilServing(const HealthOptions& options, Client& client) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.wait);
  for (;;) {
    absl::StatusOr<bool> serving = client.IsServing(options.service);
    const bool may_change = serving.ok() ? !*serving : absl::IsUnavailable(serving.status());
    if (!may_change || std::chrono::steady_clock::now() >= end) return serving;
    std::this_thread::sleep_for(kBetweenQuestions);
  }
}

absl::Status CheckHealth(const HealthOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const bool serving, WaitUntilServing(options, session.client));
  Json record = {{"server", session.server}, {"status", serving ? "SERVING" : "NOT_SERVING"}};
  if (!options.service.empty()) {
    record["service"] = options.service;
  } else if (const auto readable = session.client.IsServing(kRepository); readable.ok()) {
    // Servers before this one do not know it.
    record["repository"] = *readable ? "READABLE" : "NOT_READABLE";
  }
  WriteObject(session.format, record, session.streams.out);
  if (serving) return absl::OkStatus();
  return absl::UnavailableError("not ready");
}

}  // namespace

void AddHealthCommand(CLI::App& app, Action& action) {
  const auto [command, options] = AddCommand(
      app, action, {"health", "Ask the server whether it is ready", kFooter}, CheckHealth);
  command.add_option("--service", options.service,
                     "One service of the server (default: the server as a whole)");
  command.add_option("--wait", options.wait, "Seconds to wait for a server that is not ready yet")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
}

}  // namespace advae
