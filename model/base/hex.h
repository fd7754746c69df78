#ifndef ADVAE_MODEL_BASE_HEX_H_
#define ADVAE_MODEL_BASE_HEX_H_

#include <string_view>

namespace advae {

// Whether a text has lower-case hexadecimal digits only; an empty one has.
inline bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_HEX_H_
