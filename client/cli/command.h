#ifndef ADVAE_CLIENT_CLI_COMMAND_H_
#define ADVAE_CLIENT_CLI_COMMAND_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "client/cli/record_writer.h"
#include "client/client.h"

namespace advae {

// What a command reads and writes: results go to `out`, progress and messages to `err`.
struct CliStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // Tells how many characters a line of the terminal behind `err` has, at this moment: progress is
  // then drawn in place, not line by line. Unset: `err` is not a terminal.
  std::function<size_t()> err_columns = nullptr;
};

// What a command works with while it runs.
struct Session {
  Client& client;
  CliStreams& streams;
  OutputFormat format;
  std::string server;
};

// Does the work of the command that was given.
using Action = std::function<absl::Status(Session& session)>;

// Each adds one command to the program. When parsing finds that command, it sets `action`, which
// outlives the parsing.
void AddDeleteModelCommand(CLI::App& app, Action& action);
void AddDeleteVersionCommand(CLI::App& app, Action& action);
void AddEvaluateCommand(CLI::App& app, Action& action);
void AddHealthCommand(CLI::App& app, Action& action);
void AddImportCommand(CLI::App& app, Action& action);
void AddModelCommand(CLI::App& app, Action& action);
void AddModelsCommand(CLI::App& app, Action& action);
void AddScoreCommand(CLI::App& app, Action& action);
void AddSetServingCommand(CLI::App& app, Action& action);
void AddThresholdCommand(CLI::App& app, Action& action);
void AddTrainCommand(CLI::App& app, Action& action);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_COMMAND_H_
