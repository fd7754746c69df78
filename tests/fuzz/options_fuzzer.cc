// Reads any bytes as options of the server, one NAME=VALUE in a line, as its flags and environment
// variables give them. What an option prints, it takes again.

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/flags.h"
#include "server/options.h"
#include "tests/fuzz/fuzz_target.h"

namespace advae {
namespace {

// Gives the lines to the parser of the command line, but for those that end the program or have it
// read other files.
void ParseAsFlags(absl::string_view text) {
  std::vector<std::string> flags = {"advae-server"};
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line == "help" || line == "version" || absl::StartsWith(line, "flagfile")) continue;
    flags.push_back(absl::StrCat("--", line.substr(0, line.find('\0'))));
  }
  std::vector<char*> argv;
  argv.reserve(flags.size());
  for (std::string& flag : flags) argv.push_back(flag.data());
  const auto config = ParseConfig(static_cast<int>(argv.size()), argv.data());
  testing::Require(config.ok() || config.status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using advae::testing::Require;
  advae::ServerConfig config;
  const std::vector<advae::Option> options = advae::OptionsOf(config);
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) continue;
    const absl::string_view value = line.substr(equals + 1);
    for (const advae::Option& option : options) {
      if (line.substr(0, equals) != option.name) continue;
      const absl::Status status = option.parse(std::string_view(value.data(), value.size()));
      Require(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
      if (!status.ok() || !option.check().ok()) continue;
      const std::string printed = option.print();
      Require(option.parse(printed).ok() && option.check().ok() && option.print() == printed);
    }
  }
  config.Validate().IgnoreError();
  advae::ParseAsFlags(text);
  return 0;
}
