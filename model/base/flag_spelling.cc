#include "model/base/flag_spelling.h"

#include <algorithm>
#include <utility>

namespace advae {

std::string RespellFlag(std::string argument, char from, char to) {
  if (argument.starts_with("--")) {
    std::replace(argument.begin() + 2, std::find(argument.begin(), argument.end(), '='), from, to);
  }
  return argument;
}

std::vector<std::string> RespellFlags(int argc, const char* const* argv, char from, char to) {
  std::vector<std::string> arguments(argv, argv + argc);
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  for (auto argument = arguments.begin(); argument != end; ++argument) {
    *argument = RespellFlag(std::move(*argument), from, to);
  }
  return arguments;
}

}  // namespace advae
