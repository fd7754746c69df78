#include "model/access/strict_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

size_t LineOf(std::string_view text, size_t byte) {
  return 1 + std::ranges::count(text.substr(0, byte), '\n');
}

}  // namespace

absl::StatusOr<Json> ParseStrictJson(const std::string& text) {
  std::vector<std::set<std::string>> open;  // the members of the objects around
  std::string twice;
  bool is_deep = false;
  // What is too deep is not kept.
  const auto note = [&](int depth, Json::parse_event_t event, Json& parsed) {
    const bool is_object = event == Json::parse_event_t::object_start;
    const bool begins = is_object || event == Json::parse_event_t::array_start;
    is_deep = is_deep || (begins && depth >= kMaxStrictDepth);  // `depth` of what is around
    if (is_deep) return false;
    if (is_object) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key &&
        !open.back().insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  try {
    Json json = Json::parse(text, note);
    if (is_deep) {
      return absl::InvalidArgumentError(
          absl::StrCat("arrays and objects are nested deeper than ", kMaxStrictDepth));
    }
    if (twice.empty()) return json;
    return absl::InvalidArgumentError(
        absl::StrCat("an object has the member \"", twice, "\" twice"));
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", LineOf(text, error.byte), " is no JSON (", error.what(), ")"));
  } catch (const Json::exception& error) {  // such as a number that is too large
    return absl::InvalidArgumentError(error.what());
  }
}

}  // namespace advae
