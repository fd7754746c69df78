#ifndef ADVAE_SERVER_OPTIONS_H_
#define ADVAE_SERVER_OPTIONS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/server_config.h"

namespace advae {

// One option of the server. Its flag, environment variable, range, default and help all come from
// here.
struct Option {
  std::string name;  // of the flag, with underscores
  std::string help;
  // Sets the option. kInvalidArgument when the text is no value of the option's type; the message
  // says what was expected.
  std::function<absl::Status(std::string_view text)> parse;
  // The option's value, in the form that `parse` takes.
  std::function<std::string()> print;
  // kInvalidArgument when the value is out of range; the message names flag and range.
  std::function<absl::Status()> check;
  // Whether the flag alone stands for the value "true".
  bool is_switch = false;
};

// All options, in the order in which help shows them. They read and change `config`, which outlives
// them.
std::vector<Option> OptionsOf(ServerConfig& config);

}  // namespace advae

#endif  // ADVAE_SERVER_OPTIONS_H_
