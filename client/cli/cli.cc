#include "client/cli/cli.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/own_server_credentials.h"
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
  bool tls = false;
  TlsFiles tls_files;
  bool own_server = false;
  std::filesystem::path token_file;

  bool uses_tls() const {
    return tls || own_server || !tls_files.ca.empty() || !tls_files.cert.empty() ||
           !tls_files.key.empty();
  }
};

OutputFormat ParseFormat(const std::string& word) {
  if (word == "json") return OutputFormat::kJson;
  if (word == "jsonl") return OutputFormat::kJsonLines;
  if (word == "csv") return OutputFormat::kCsv;
  return OutputFormat::kTable;
}

void AddSecurityOptions(CLI::App& app, GlobalOptions& options) {
  const auto add_file = [&app](const char* flag, std::filesystem::path& value, const char* variable,
                               const char* description) {
    app.add_option(flag, value, description)->envname(variable)->type_name("FILE");
  };
  app.add_flag("--tls", options.tls,
               "Use TLS with the authorities that this machine trusts; implied by --tls-ca and "
               "--tls-cert")
      ->envname("ADVAE_TLS")
      ->disable_flag_override();
  add_file("--tls-ca", options.tls_files.ca, "ADVAE_TLS_CA",
           "Certificates of the authorities that may have signed the server's, in PEM");
  add_file("--tls-cert", options.tls_files.cert, "ADVAE_TLS_CERT",
           "The certificate to show to the server, in PEM");
  add_file("--tls-key", options.tls_files.key, "ADVAE_TLS_KEY", "The key of --tls-cert, in PEM");
  app.add_flag("--tls-own-server", options.own_server,
               "Use TLS with a server on loopback whatever its certificate, as health checks do")
      ->disable_flag_override();
  add_file("--token-file", options.token_file, "ADVAE_TOKEN_FILE",
           "File with the token to show to the server");
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const GlobalOptions& options) {
  if (!options.own_server) return ReadTlsCredentials(options.tls_files);
  if (IsLoopbackTarget(options.server) && options.token_file.empty()) {
    return OwnServerCredentials(options.tls_files);
  }
  return absl::InvalidArgumentError(
      "--tls-own-server is for a server on loopback, and calls without a token");
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
      ->check(CheckPositive, "POSITIVE")
      ->capture_default_str();
  app.set_version_flag("--version", "advae " ADVAE_VERSION);
  AddSecurityOptions(app, options);
}

void AddCommands(CLI::App& app, Action& action, LocalAction& local_action) {
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
  AddUndeleteCommand(app, action);
  AddDeletedCommand(app, action);
  AddHealthCommand(app, action);
  AddTokenCommand(app, local_action);
}

absl::StatusOr<std::unique_ptr<Client>> Connect(const GlobalOptions& options,
                                                Cancellation& cancellation) {
  ClientOptions client = {.target = options.server,
                          .timeout = absl::Seconds(options.timeout_seconds),
                          .cancellation = &cancellation};
  if (options.uses_tls()) {
    ADVAE_ASSIGN_OR_RETURN(client.credentials, Credentials(options));
  }
  if (!options.token_file.empty()) {
    ADVAE_ASSIGN_OR_RETURN(client.token, TokenFileReader::Open(options.token_file));
  }
  return Client::Create(std::move(client));
}

absl::Status RunAction(const Action& action, const GlobalOptions& options, CliStreams& streams,
                       Cancellation& cancellation) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, Connect(options, cancellation));
  Session session{.client = *client,
                  .streams = streams,
                  .format = ParseFormat(options.output),
                  .server = options.server};
  return action(session);
}

// Whichever of the two was given.
absl::Status Run(const Action& action, const LocalAction& local_action,
                 const GlobalOptions& options, CliStreams& streams, Cancellation& cancellation) {
  ADVAE_RETURN_IF_ERROR(action != nullptr ? RunAction(action, options, streams, cancellation)
                                          : local_action(streams, ParseFormat(options.output)));
  if (!streams.out.flush()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

// What may be the matter when a connection fails or ends.
const char* ConnectionHint(const absl::Status& status, const GlobalOptions& options) {
  if (!absl::IsUnavailable(status)) return "";
  // gRPC's words for what it does with the calls that are left when a server ends.
  if (absl::StrContains(status.message(), "Cancelling all calls")) {
    return "; the server stopped before the call had ended";
  }
  // A connection that comes about is of the kind that the server wants: gRPC takes it for one when
  // the server has answered in HTTP/2.
  const bool closed = absl::StrContains(status.message(), "Socket closed");
  if (!absl::StrContains(status.message(), "failed to connect")) {
    const bool reset = absl::StrContains(status.message(), "Connection reset");
    return closed || reset ? "; the server or the connection to it ended during the call" : "";
  }
  if (!options.uses_tls() && closed) {
    return "; if the server speaks TLS, the command needs --tls-ca or --tls";
  }
  if (options.uses_tls() && options.tls_files.cert.empty() && closed) {
    return "; if the server wants a client certificate, the command needs --tls-cert and --tls-key";
  }
  if (options.uses_tls() && absl::StrContains(status.message(), "wrong version number")) {
    return "; it seems that the server does not speak TLS";
  }
  return "";
}

int Fail(const absl::Status& status, const GlobalOptions& options, const CliStreams& streams,
         const Cancellation& cancellation) {
  if (cancellation.cancelled()) {
    streams.err << kInterruptedMessage << std::flush;
    return kExitInterrupted;
  }
  streams.err << "advae: ";
  if (IsFromServer(status)) {
    streams.err << "server " << options.server << ": " << absl::StatusCodeToString(status.code())
                << ": ";
  }
  streams.err << status.message() << ConnectionHint(status, options) << std::endl;
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
  LocalAction local_action;
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(kFooter);
  AddGlobalOptions(app, options);
  AddCommands(app, action, local_action);
  try {
    // In reverse and without the program's name, as CLI11 wants them.
    const std::vector<std::string> arguments = RespellFlags(argc, argv, '_', '-');
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
  } catch (const CLI::ParseError& error) {
    return app.exit(error, streams.out, streams.err) == 0 ? kExitSuccess : kExitUsage;
  }
  if (action == nullptr && local_action == nullptr) {
    streams.err << "A command is required" << std::endl
                << "Run with --help for more information." << std::endl;
    return kExitUsage;
  }
  const absl::Status status = Run(action, local_action, options, streams, cancellation);
  return status.ok() ? kExitSuccess : Fail(status, options, streams, cancellation);
}

}  // namespace advae
