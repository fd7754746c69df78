#include "server/flags.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <istream>
#include <memory>
#include <numeric>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "model/base/flag_spelling.h"
#include "server/base/machine_memory.h"
#include "server/options.h"

namespace advae {
namespace {

constexpr char kPurpose[] =
    "Finds anomalies in tables: trains models and scores rows, over gRPC and HTTP.\n"
    "Each flag can also be set by an environment variable, ADVAE_ and its name in\n"
    "capitals, and in a file of flags, --flagfile=FILE.";

// With the defaults that depend on the machine.
ServerConfig DefaultConfig() {
  ServerConfig config;
  config.scoring_threads = std::max(1u, std::thread::hardware_concurrency());
  config.jobs.max_memory_bytes = std::min(MachineMemory() / 4, config.jobs.max_memory_bytes);
  config.max_models_memory = std::min(MachineMemory() / 2, config.max_models_memory);
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  config.jobs.trainer = self.parent_path() / "advae-trainer";
  return config;
}

// In the form that help2man reads: "  --name=..." and below it what the flag is.
std::string HelpText(const std::vector<Option>& options) {
  std::string text = absl::StrCat("Usage: advae-server --repository=DIR [--FLAG=VALUE]...\n\n",
                                  kPurpose, "\n\nOptions:\n");
  for (const Option& option : options) {
    absl::StrAppend(&text, "  --", option.name, "=VALUE\n      ", option.help);
    const std::string value = option.print();
    // Defaults that depend on the machine are in the words of the help.
    const bool told = absl::StrContains(option.help, "by default") || value.empty();
    absl::StrAppend(&text, told ? "" : absl::StrCat("; default: ", value), "\n");
  }
  return absl::StrCat(text,
                      "  --flagfile=FILE\n      file with one flag per line\n"
                      "  --version\n      print the version and exit\n"
                      "  --help\n      print this and exit\n");
}

[[noreturn]] void PrintAndExit(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::exit(std::fflush(stdout) == 0 ? 0 : 1);
}

// The least number of letters to change, add or remove to make one text the other (Levenshtein).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> distances(b.size() + 1);  // of the start of a and each start of b
  std::iota(distances.begin(), distances.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(distances[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal =
          std::exchange(distances[j], std::min({changed, distances[j] + 1, distances[j - 1] + 1}));
    }
  }
  return distances.back();
}

// Refuses variables that look like a misspelt one, which would leave a server open that was to be
// closed. Others with the prefix may be of the command, or of a container's platform.
absl::Status CheckSpelling(const std::vector<Option>& options) {
  constexpr size_t kMisspelt = 2;
  constexpr std::string_view kPrefix = "ADVAE_";
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (!text.starts_with(kPrefix)) continue;
    std::string name(text.substr(kPrefix.size(), text.find('=') - kPrefix.size()));
    absl::AsciiStrToLower(&name);
    const auto distance = [&](const Option& option) { return EditDistance(option.name, name); };
    const auto nearest = std::ranges::min_element(options, {}, distance);
    if (distance(*nearest) == 0 || distance(*nearest) > kMisspelt) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("environment variable ", std::string(text.substr(0, text.find('='))),
                     " is none of the server's; expected ", std::string(kPrefix),
                     absl::AsciiStrToUpper(nearest->name)));
  }
  return absl::OkStatus();
}

absl::Status TakeEnvironment(const std::vector<Option>& options) {
  for (const Option& option : options) {
    const std::string variable = absl::StrCat("ADVAE_", absl::AsciiStrToUpper(option.name));
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr) continue;
    if (absl::Status status = option.parse(value); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("environment variable ", variable, " is \"",
                                                     value, "\"; ", status.message()));
    }
  }
  return absl::OkStatus();
}

// "--NAME" and, unless it is missing, the value of "--NAME=VALUE".
std::vector<std::string> SplitFlag(const std::string& text) {
  const std::string flag = RespellFlag(text, '-', '_');
  const size_t equals = flag.find('=');
  if (!flag.starts_with("--") || equals == std::string::npos) return {flag};
  return {flag.substr(0, equals), flag.substr(equals + 1)};
}

// Files with one --NAME=VALUE per line, and lines that start with #.
class FlagFile : public CLI::Config {
 public:
  explicit FlagFile(const std::vector<Option>& options) : options_(options) {}

  std::string to_config(const CLI::App* /*app*/, bool /*with_defaults*/, bool /*with_help*/,
                        std::string /*prefix*/) const override {
    return "";
  }

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    std::vector<CLI::ConfigItem> items;
    for (std::string line; std::getline(input, line);) {
      const std::string text(absl::StripAsciiWhitespace(line));
      if (text.empty() || text[0] == '#') continue;
      const std::vector<std::string> flag = SplitFlag(text);
      if (flag.size() != 2) {
        throw CLI::ConfigError(absl::StrCat("\"", text, "\" is not of the form --name=value"));
      }
      const std::string name = flag[0].substr(2);
      if (std::ranges::find(options_, name, &Option::name) == options_.end()) {
        throw CLI::ConfigError(absl::StrCat("\"", flag[0], "\" is not a flag; --help lists them"));
      }
      items.push_back({.name = name, .inputs = {flag[1]}});
    }
    return items;
  }

 private:
  const std::vector<Option>& options_;
};

// Takes flags from the command line and the file that it names.
absl::Status TakeFlags(const std::vector<Option>& options, int argc, char** argv) {
  CLI::App app;
  app.set_help_flag();  // it is ours
  app.allow_extras();
  app.set_config("--flagfile");
  app.config_formatter(std::make_shared<FlagFile>(options));
  for (const Option& option : options) {
    CLI::Option* const flag =
        app.add_option_function<std::string>(
               absl::StrCat("--", option.name),
               [&option](const std::string& value) {
                 const absl::Status status = option.parse(value);
                 if (status.ok()) return;
                 throw CLI::ValidationError(absl::StrCat("--", option.name, " is \"", value, "\"; ",
                                                         std::string(status.message())));
               })
            ->take_last();
    if (option.is_switch) flag->expected(0, 1)->default_str("true");
  }
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    for (std::string& part : SplitFlag(argv[i])) arguments.push_back(std::move(part));
  }
  std::ranges::reverse(arguments);  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view message = error.what();
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(message.substr(0, message.find(':'))), " needs a value"));
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
  const std::vector<std::string> rest = app.remaining();
  if (rest.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", rest[0],
                   "\" is not a flag; flags have the form --name=value, and --help "
                   "lists them"));
}

absl::Status TakeValues(const std::vector<Option>& options, int argc, char** argv) {
  absl::Status status = TakeEnvironment(options);
  status.Update(CheckSpelling(options));
  return status.ok() ? TakeFlags(options, argc, argv) : status;
}

}  // namespace

absl::StatusOr<ServerConfig> ParseConfig(int argc, char** argv) {
  ServerConfig config = DefaultConfig();
  const std::vector<Option> options = OptionsOf(config);
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help" || argument == "-h") PrintAndExit(HelpText(options));
    if (argument == "--version") PrintAndExit(absl::StrCat("advae-server ", ADVAE_VERSION, "\n"));
  }
  absl::Status status = TakeValues(options, argc, argv);
  if (status.ok() && config.max_memory > 0) {
    // Once more, as what was set goes before the shares.
    const uint64_t max_memory = config.max_memory;
    config = DefaultConfig();
    config.max_memory = max_memory;
    config.ShareMemory();
    status = TakeValues(options, argc, argv);
  }
  if (status.ok()) status = config.Validate();
  if (!status.ok()) return status;
  return config;
}

std::string CommandLineOf(ServerConfig config) {
  std::string flags;
  for (const Option& option : OptionsOf(config)) {
    absl::StrAppend(&flags, flags.empty() ? "" : " ", "--", option.name, "=", option.print());
  }
  return flags;
}

}  // namespace advae
