#include <cstdint>
#include <memory>
#include <string>

#include "client/cli/command.h"
#include "client/cli/version_records.h"

namespace advae {
namespace {

constexpr char kFooter[] = R"(Example:
  advae set-serving pump 3)";

struct SetServingOptions {
  std::string model;
  uint64_t version = 0;
};

absl::Status SetServing(const SetServingOptions& options, Session& session) {
  const absl::StatusOr<v1::ModelSummary> summary =
      session.client.SetServingVersion(options.model, options.version);
  if (!summary.ok()) return summary.status();
  WriteObject(session.format, SummaryRecord(*summary), session.streams.out);
  return absl::OkStatus();
}

}  // namespace

void AddSetServingCommand(CLI::App& app, Action& action) {
  const auto options = std::make_shared<SetServingOptions>();
  CLI::App* const command = app.add_subcommand(
      "set-serving", "Choose the version that answers requests without a version");
  command->footer(kFooter);
  command->add_option("name", options->model, "The model")->required();
  command->add_option("version", options->version, "The version")->required();
  command->callback([options, &action] {
    action = [options](Session& session) { return SetServing(*options, session); };
  });
}

}  // namespace advae
