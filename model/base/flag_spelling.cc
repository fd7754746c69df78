#include "model/base/flag_spelling.h"

#include <algorithm>

namespace advae {

std::vector<std::string> RespellFlags(int argc, const char* const* argv, char from, char to) {
  std::vector<std::string> arguments(argv, argv + argc);
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    if (!argument.starts_with("--")) continue;
    std::replace(argument.begin() + 2, std::find(argument.begin(), argument.end(), '='), from, to);
  }
  return arguments;
}

}  // namespace advae
