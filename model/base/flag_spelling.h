#ifndef ADVAE_MODEL_BASE_FLAG_SPELLING_H_
#define ADVAE_MODEL_BASE_FLAG_SPELLING_H_

#include <string>
#include <vector>

namespace advae {

// An argument of a program, or all of them, argv[0] first, with each `from` in the name of a flag
// as `to`: with '-' and '_', --max-jobs=a-b becomes --max_jobs=a-b. So users may spell flags either
// way. Values, single-letter flags and what follows an argument "--" stay as they are.
std::string RespellFlag(std::string argument, char from, char to);
std::vector<std::string> RespellFlags(int argc, const char* const* argv, char from, char to);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_FLAG_SPELLING_H_
