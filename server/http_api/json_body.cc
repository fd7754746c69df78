#include "server/http_api/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr int kMaxDepth = 32;

// What libstdc++ and the allocator take at most, in bytes. Of a value: in an array that grows, by
// half of it while it moves, and as a number of a message.
constexpr uint64_t kValueBytes = 64;
constexpr uint64_t kArrayBytes = 80;
constexpr uint64_t kObjectBytes = 80;
constexpr uint64_t kStringBytes = 64;
constexpr uint64_t kMemberBytes = 96;
// Of a string that is a value: as a category of its own in a message.
constexpr uint64_t kTextBytes = 136;
// Of a byte of a string: while it is read, in the value, and in the message.
constexpr uint64_t kCharacterBytes = 6;

}  // namespace

JsonSize JsonSizeOf(std::string_view text) {
  uint64_t values = 1;
  uint64_t arrays = 0;
  uint64_t objects = 0;
  uint64_t strings = 0;
  uint64_t members = 0;
  uint64_t characters = 0;
  int depth = 0;
  JsonSize size;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"': {
        const size_t begin = i;
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        ++strings;
        characters += i - begin;
        break;
      }
      case '[':
        ++arrays;
        ++values;
        size.depth = std::max(size.depth, ++depth);
        break;
      case '{':
        ++objects;
        ++values;
        size.depth = std::max(size.depth, ++depth);
        break;
      case ']':
      case '}':
        --depth;
        break;
      case ',':
        ++values;
        break;
      case ':':
        ++members;
        break;
      default:
        break;
    }
  }
  size.bytes = values * kValueBytes + arrays * kArrayBytes + objects * kObjectBytes +
               strings * kStringBytes + members * kMemberBytes +
               (strings - std::min(strings, members)) * kTextBytes + characters * kCharacterBytes;
  return size;
}

absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text, MemoryLease& lease) {
  const JsonSize size = JsonSizeOf(text);
  if (size.depth > kMaxDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body: expected arrays and objects nested at most ", kMaxDepth, " deep"));
  }
  ADVAE_RETURN_IF_ERROR(lease.Grow(size.bytes));
  nlohmann::json json =
      nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    return absl::InvalidArgumentError("the body: expected a JSON object");
  }
  return json;
}

}  // namespace advae
