#ifndef ADVAE_CLIENT_CLI_COMMANDS_COMMAND_H_
#define ADVAE_CLIENT_CLI_COMMANDS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "client/cli/session.h"

namespace advae {

// Does the work of the command that was given.
using Action = std::function<absl::Status(Session& session)>;

// The same of a command that needs no server.
using LocalAction = std::function<absl::Status(CliStreams& streams, OutputFormat format)>;

// How the help shows a command.
struct CommandHelp {
  const char* name;
  const char* description;
  const char* footer;
};

// A command of the program, and the options that parsing its arguments fills.
template <typename Options>
struct AddedCommand {
  CLI::App& command;
  Options& options;
};

// Adds a command to the program. When parsing finds it, it sets `action`, which outlives the
// parsing, to `run` with the options. These live as long as `app` and the action.
template <typename Options>
AddedCommand<Options> AddCommand(CLI::App& app, Action& action, const CommandHelp& help,
                                 absl::Status (*run)(const Options& options, Session& session)) {
  const auto options = std::make_shared<Options>();
  CLI::App& command = *app.add_subcommand(help.name, help.description);
  command.footer(help.footer);
  command.callback([options, run, &action] {
    action = [options, run](Session& session) { return run(*options, session); };
  });
  return {.command = command, .options = *options};
}

// Each adds one command (AddCommand).
void AddDeletedCommand(CLI::App& app, Action& action);
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
void AddTokenCommand(CLI::App& app, LocalAction& action);
void AddTrainCommand(CLI::App& app, Action& action);
void AddUndeleteCommand(CLI::App& app, Action& action);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_COMMANDS_COMMAND_H_
