#ifndef ADVAE_SERVER_HTTP_JSON_TEXT_H_
#define ADVAE_SERVER_HTTP_JSON_TEXT_H_

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace advae {

// The text of a JSON value. Never throws: what is not UTF-8 is replaced.
template <typename Json>
std::string JsonText(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A number; null for one that JSON does not have.
inline nlohmann::ordered_json JsonNumber(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

// Of an object that is not empty, without its end, so that members can follow.
template <typename Json>
std::string OpenJsonText(const Json& json) {
  std::string text = JsonText(json);
  text.pop_back();
  return text;
}

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_JSON_TEXT_H_
