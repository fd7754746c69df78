#ifndef ADVAE_MODEL_ACCESS_STRICT_JSON_H_
#define ADVAE_MODEL_ACCESS_STRICT_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"

namespace advae {

// Reads JSON that people write, in which whoever reads it sees what counts: kInvalidArgument for
// what is no JSON, with the line, for a number that no double holds, for an object with a member
// twice, and for arrays and objects nested deeper than kMaxStrictDepth, so that what is read can be
// shown without much of a stack.
absl::StatusOr<nlohmann::ordered_json> ParseStrictJson(const std::string& text);

inline constexpr int kMaxStrictDepth = 16;

}  // namespace advae

#endif  // ADVAE_MODEL_ACCESS_STRICT_JSON_H_
