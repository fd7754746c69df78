#ifndef ADVAE_SERVER_FLAGS_H_
#define ADVAE_SERVER_FLAGS_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/server_config.h"

namespace advae {

// The configuration from, in rising priority: defaults, environment variables (ADVAE_LISTEN for
// --listen), a file of flags named by --flagfile, and flags. A flag may be spelled with hyphens
// (--max-jobs) or underscores (--max_jobs); the last one of a name counts. Ends the process for
// --help and --version. kInvalidArgument for what is no flag or looks like a misspelt environment
// variable, and for a value that does not parse or is out of range; the message names it.
absl::StatusOr<ServerConfig> ParseConfig(int argc, char** argv);

// All options and their values, as on a command line.
std::string CommandLineOf(ServerConfig config);

}  // namespace advae

#endif  // ADVAE_SERVER_FLAGS_H_
