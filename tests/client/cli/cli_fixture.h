#ifndef ADVAE_TESTS_CLIENT_CLI_CLI_FIXTURE_H_
#define ADVAE_TESTS_CLIENT_CLI_CLI_FIXTURE_H_

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "client/cli/cli.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {

// What a run of `advae` ended with.
struct Result {
  int exit_code = 0;
  std::string out;
  std::string err;

  nlohmann::ordered_json json() const { return nlohmann::ordered_json::parse(out); }
};

inline std::vector<std::string> Keys(const nlohmann::ordered_json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

// Runs `advae` with the words of `line` and further `arguments`.
inline Result RunProgram(const std::string& line, const std::vector<std::string>& arguments,
                         const std::string& input, Cancellation& cancellation) {
  std::vector<std::string> words = absl::StrSplit("advae " + line, ' ', absl::SkipEmpty());
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const int exit_code = RunCli(static_cast<int>(argv.size()), argv.data(),
                               {.in = in, .out = out, .err = err}, cancellation);
  return {.exit_code = exit_code, .out = out.str(), .err = err.str()};
}

// Tests of commands against a fake server.
class CliTest : public ::testing::Test {
 protected:
  // Runs a command with the address of the server.
  Result Run(const std::string& line, const std::string& input = "") {
    return RunProgram(line, {"--server=" + server_.address()}, input, cancellation_);
  }
  Result RunJson(const std::string& line, const std::string& input = "") {
    const Result result = Run(line + " --output=json", input);
    EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
    return result;
  }

  // The path of a new file.
  std::string File(const std::string& text) {
    const std::string path = folder_.path() / std::to_string(files_++);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // For a handler that waits; it outlives the server.
  absl::Notification release_;
  Cancellation cancellation_;
  FakeServer server_;
  TemporaryFolder folder_;
  int files_ = 0;
};

// Of two features and a label.
inline constexpr char kRows[] = "flow,heat,label\n1,2,0\n30,4,1\n5,6,1\n0.5,0.25,0\n";

}  // namespace advae::testing

#endif  // ADVAE_TESTS_CLIENT_CLI_CLI_FIXTURE_H_
