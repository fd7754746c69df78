#include <cstdint>
#include <string>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] = R"(Example:
  advae set-serving pump 3)";

struct SetServingOptions {
  std::string model;
  uint64_t version = 0;
};

absl::Status SetServing(const SetServingOptions& options, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ModelSummary summary,
                         session.client.SetServingVersion(options.model, options.version));
  WriteObject(session.format, SummaryRecord(summary), session.streams.out);
  if (summary.serving_version() == options.version) return absl::OkStatus();
  session.streams.err << "version " << options.version
                      << " is chosen to serve, but the server does not hold it; version "
                      << summary.serving_version() << " answers instead (advae model "
                      << options.model << " says why)\n";
  return absl::OkStatus();
}

}  // namespace

void AddSetServingCommand(CLI::App& app, Action& action) {
  const auto [command, options] = AddCommand(
      app, action,
      {"set-serving", "Choose the version that answers requests without a version", kFooter},
      SetServing);
  AddModelVersion(command, options.model, options.version);
}

}  // namespace advae
