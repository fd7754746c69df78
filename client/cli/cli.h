#ifndef ADVAE_CLIENT_CLI_CLI_H_
#define ADVAE_CLIENT_CLI_CLI_H_

#include "client/cancellation.h"
#include "client/cli/session.h"

namespace advae {

// Exit codes of `advae`.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
// As shells have it for a program that Ctrl-C has ended.
inline constexpr int kExitInterrupted = 130;

// What ends standard error when a command was cancelled.
inline constexpr char kInterruptedMessage[] = "advae: interrupted\n";

// Runs `advae` with these arguments, the program's name first, and returns its exit code.
// Cancelling `cancellation` ends the command's calls to the server, and with kExitInterrupted the
// command.
int RunCli(int argc, const char* const* argv, CliStreams streams, Cancellation& cancellation);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_CLI_H_
