#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_CLI_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_CLI_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace advae::testing {

// What a run of `advae` gave.
struct CliResult {
  int exit_code;
  std::string output;
  std::string errors;

  // The output, when it is JSON; a discarded value otherwise.
  nlohmann::json json() const {
    return nlohmann::json::parse(output, nullptr, /*allow_exceptions=*/false);
  }
};

// Runs `advae` with these arguments against the server at HOST:PORT and waits for its end.
absl::StatusOr<CliResult> RunCli(const std::string& server, std::vector<std::string> arguments,
                                 const std::string& input = "");

// The same with --output=json. kInternal, with what it wrote, when it fails.
absl::StatusOr<nlohmann::json> RunCliForJson(const std::string& server,
                                             std::vector<std::string> arguments,
                                             const std::string& input = "");

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_CLI_H_
