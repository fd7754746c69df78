#ifndef ADVAE_SERVER_FLAGS_H_
#define ADVAE_SERVER_FLAGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/server_config.h"

namespace advae {

// The configuration from, in rising priority: defaults, environment variables (ADVAE_LISTEN for
// --listen), files named by --flagfile, and flags. Ends the process for --help, --version and
// flags that do not exist. kInvalidArgument for a value that does not parse or is out of range;
// the message names it.
absl::StatusOr<ServerConfig> ParseConfig(int argc, char** argv);

// Every flag of the server and its value in use, by name.
std::vector<std::pair<std::string, std::string>> EffectiveFlags();

}  // namespace advae

#endif  // ADVAE_SERVER_FLAGS_H_
