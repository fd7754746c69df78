#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "absl/time/time.h"
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

constexpr absl::Duration kBetweenQuestions = absl::Milliseconds(100);

struct HealthOptions {
  std::string service;
  double wait = 0;
};

// A server that does not answer may be starting, too.
bool MayChange(const absl::StatusOr<bool>& serving) {
  if (serving.ok()) return !*serving;
  return absl::IsUnavailable(serving.status()) || absl::IsDeadlineExceeded(serving.status());
}

// Whether the server is ready, as soon as it is or when the time is over.
absl::StatusOr<bool> WaitUntilServing(const HealthOptions& options, Client& client) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const auto left = [&] {
    return absl::Seconds(options.wait) - absl::FromChrono(Clock::now() - start);
  };
  if (options.wait == 0) return client.IsServing(options.service);
  for (;;) {
    // Time enough for an answer, which says more than that there was none.
    absl::StatusOr<bool> serving =
        client.IsServing(options.service, std::max(left(), kBetweenQuestions));
    if (!MayChange(serving) || left() <= absl::ZeroDuration()) return serving;
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(kBetweenQuestions));
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
