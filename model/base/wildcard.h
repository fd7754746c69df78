#ifndef ADVAE_MODEL_BASE_WILDCARD_H_
#define ADVAE_MODEL_BASE_WILDCARD_H_

#include <string_view>

namespace advae {

// Whether `pattern` fits all of `name`, both in UTF-8: * stands for any characters, also for none,
// and ? for one. Takes at most the product of both lengths.
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_WILDCARD_H_
