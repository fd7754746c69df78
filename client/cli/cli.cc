#include "client/cli/cli.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/commands/command.h"
#include "model/base/flag_spelling.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Results go to standard output, progress and messages to standard error. The exit
code is 0 on success, 2 on wrong usage, 130 after Ctrl-C and 1 otherwise.

Examples:
  advae train pump --data=normal.csv
  advae score pump --data=today.csv --top-features=3
  advae --server=10.0.0.7:50051 models --output=json
  advae COMMAND --help)";

struct GlobalOptions {
  std::string server = "127.0.0.1:50051";
  std::string output = "table";
  double timeout_seconds = 30;
};

OutputFormat ParseFormat(const std::string& word) {
  if (word == "json") return OutputFormat::kJson;
  if (word == "jsonl") return OutputFormat::kJsonLines;
  if (word == "csv") return OutputFormat::kCsv;
  return OutputFormat::kTable;
}

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("--server", options.server, "The server's address")
      ->envname("ADVAE_SERVER")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("--output", options.output, "How results are written")
      ->check(CLI::IsMember({"table", "json", "jsonl", "csv"}))
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_seconds,
                 "Time limit of a call in seconds, including retries; trainings, imports and "
                 "streams of rows have none")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.set_version_flag("--version", "advae " ADVAE_VERSION);
}

void AddCommands(CLI::App& app, Action& action) {
  AddTrainCommand(app, action);
  AddScoreCommand(app, action);
  AddThresholdCommand(app, action);
  AddEvaluateCommand(app, action);
  AddModelsCommand(app, action);
  AddModelCommand(app, action);
  AddImportCommand(app, action);
  AddSetServingCommand(app, action);
  AddDeleteVersionCommand(app, action);
  AddDeleteModelCommand(app, action);
  AddHealthCommand(app, action);
}

absl::Status RunAction(const Action& action, const GlobalOptions& options, CliStreams& streams,
                       Cancellation& cancellation) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client,
                         Client::Create({.target = options.server,
                                         .timeout = absl::Seconds(options.timeout_seconds),
                                         .cancellation = &cancellation}));
  Session session{.client = *client,
                  .streams = streams,
                  .format = ParseFormat(options.output),
                  .server = options.server};
  ADVAE_RETURN_IF_ERROR(action(session));
  if (!streams.out.flush()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

int Fail(const absl::Status& status, const std::string& server, const CliStreams& streams,
         const Cancellation& cancellation) {
  if (cancellation.cancelled()) {
    streams.err << kInterruptedMessage << std::flush;
    return kExitInterrupted;
  }
  streams.err << "advae: ";
  if (IsFromServer(status)) {
    streams.err << "server " << server << ": " << absl::StatusCodeToString(status.code()) << ": ";
  }
  streams.err << status.message() << std::endl;
  return kExitFailure;
}

}  // namespace

int RunCli(int argc, const char* const* argv, CliStreams streams, Cancellation& cancellation) {
  CLI::App app(
      "Anomaly detection for tabular data: trains models and scores rows on an "
      "advae-server.",
      "advae");
  GlobalOptions options;
  Action action;
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(kFooter);
  AddGlobalOptions(app, options);
  AddCommands(app, action);
  try {
    // In reverse and without the program's name, as CLI11 wants them.
    const std::vector<std::string> arguments = RespellFlags(argc, argv, '_', '-');
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, streams.out, streams.err) == 0 ? kExitSuccess : kExitUsage;
  }
  if (action == nullptr) {
    streams.err << "A command is required" << std::endl
                << "Run with --help for more information." << std::endl;
    return kExitUsage;
  }
  const absl::Status status = RunAction(action, options, streams, cancellation);
  return status.ok() ? kExitSuccess : Fail(status, options.server, streams, cancellation);
}

}  // namespace advae
