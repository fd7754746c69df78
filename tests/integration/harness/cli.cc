#include "tests/integration/harness/cli.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/process.h"

namespace advae::testing {

absl::StatusOr<CliResult> RunCli(const std::string& server, std::vector<std::string> arguments,
                                 const std::string& input) {
  arguments.insert(arguments.begin(), absl::StrCat("--server=", server));
  const absl::StatusOr<std::unique_ptr<Process>> process = Process::Start(
      {.program = ADVAE_CLI_PROGRAM, .arguments = std::move(arguments), .input = input});
  if (!process.ok()) return process.status();
  const absl::StatusOr<ProcessEnd> end = (*process)->Wait(absl::Minutes(10));
  if (!end.ok()) return end.status();
  if (!end->exit_code) {
    return absl::InternalError(absl::StrCat("advae ended by signal ", *end->signal));
  }
  return CliResult{
      .exit_code = *end->exit_code, .output = (*process)->output(), .errors = (*process)->errors()};
}

absl::StatusOr<nlohmann::json> RunCliForJson(const std::string& server,
                                             std::vector<std::string> arguments,
                                             const std::string& input) {
  arguments.push_back("--output=json");
  const absl::StatusOr<CliResult> result = RunCli(server, std::move(arguments), input);
  if (!result.ok()) return result.status();
  nlohmann::json json = result->json();
  if (result->exit_code == 0 && !json.is_discarded()) return json;
  return absl::InternalError(absl::StrCat("advae ended with code ", result->exit_code, "\n",
                                          result->output, "\n", result->errors));
}

}  // namespace advae::testing
