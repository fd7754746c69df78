#include "server/http_api/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/base/shown_text.h"

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
// Of a byte: in what is kept of a token while it is read, and shown of it when it is none, in the
// value of a string, and in the message.
constexpr uint64_t kCharacterBytes = 12;
// Of a control character, of which more is shown: "<U+0009>".
constexpr uint64_t kControlBytes = 64;

}  // namespace

JsonSize JsonSizeOf(std::string_view text) {
  uint64_t values = 1;
  uint64_t arrays = 0;
  uint64_t objects = 0;
  uint64_t strings = 0;
  uint64_t members = 0;
  uint64_t controls = 0;
  int depth = 0;
  JsonSize size;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    controls += static_cast<unsigned char>(c) < ' ' ? 1 : 0;
    if (is_in_string) {
      if (c == '\\') ++i;
      is_in_string = c != '"';
      continue;
    }
    switch (c) {
      case '"':
        ++strings;
        is_in_string = true;
        break;
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
               (strings - std::min(strings, members)) * kTextBytes + text.size() * kCharacterBytes +
               controls * kControlBytes;
  return size;
}

namespace {

// The id of nlohmann's exception.
constexpr int kNumberTooLarge = 406;

// Of a text that cannot be parsed, where that shows.
absl::Status NotJson(std::string_view text) {
  struct Finder : nlohmann::json_sax<nlohmann::json> {
    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(number_integer_t /*value*/) override { return true; }
    bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
    bool string(string_t& /*value*/) override { return true; }
    bool binary(binary_t& /*value*/) override { return true; }
    bool start_object(std::size_t /*count*/) override { return true; }
    bool key(string_t& /*name*/) override { return true; }
    bool end_object() override { return true; }
    bool start_array(std::size_t /*count*/) override { return true; }
    bool end_array() override { return true; }
    bool parse_error(std::size_t byte, const std::string& token,
                     const nlohmann::json::exception& error) override {
      position = byte;
      if (error.id == kNumberTooLarge) number = token;
      return false;
    }
    std::size_t position = 0;
    std::string number;  // that is too large; empty for none
  } finder;
  nlohmann::json::sax_parse(text.begin(), text.end(), &finder);
  if (!finder.number.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body has the number ", ShownText(finder.number), " up to byte ",
                     finder.position, ": expected numbers of at most 1.8e308"));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the body is no JSON from byte ", finder.position,
      " on: expected a JSON object; a missing value is null, and there are neither NaN "
      "nor infinities"));
}

}  // namespace

absl::StatusOr<nlohmann::json> ParseJsonObject(std::string_view text, MemoryLease& lease) {
  const JsonSize size = JsonSizeOf(text);
  if (size.depth > kMaxDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body: expected arrays and objects nested at most ", kMaxDepth, " deep"));
  }
  ADVAE_RETURN_IF_ERROR(lease.Grow(size.bytes));
  nlohmann::json json =
      nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return NotJson(text);
  if (!json.is_object()) {
    return absl::InvalidArgumentError("the body: expected a JSON object");
  }
  return json;
}

}  // namespace advae
