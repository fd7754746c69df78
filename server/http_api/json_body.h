#ifndef ADVAE_SERVER_HTTP_API_JSON_BODY_H_
#define ADVAE_SERVER_HTTP_API_JSON_BODY_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/messages/memory_budget.h"

namespace advae {

struct JsonSize {
  // At most what nlohmann::json takes for it, and a message that is made of it.
  uint64_t bytes = 0;
  // Of nested arrays and objects.
  int depth = 0;
};

// Of a text that may be JSON. Takes about a nanosecond for each byte.
JsonSize JsonSizeOf(std::string_view text);

// Reads an object, whose memory, and that of the message it becomes, is taken from `lease`
// beforehand. Members of objects are sorted by their names; of those with one name the last counts.
// kInvalidArgument for what is no JSON object, or is nested deeper than 32; kResourceExhausted as
// of MemoryLease::Grow.
absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text, MemoryLease& lease);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_JSON_BODY_H_
