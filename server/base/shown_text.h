#ifndef ADVAE_SERVER_BASE_SHOWN_TEXT_H_
#define ADVAE_SERVER_BASE_SHOWN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "model/base/utf8.h"

namespace advae {

inline constexpr size_t kMaxShownBytes = 64;

// What a message repeats of what a client has sent: at most kMaxShownBytes, escaped (EscapeText).
inline std::string ShownText(std::string_view text) {
  return EscapeText(Utf8Prefix(text, kMaxShownBytes));
}

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_SHOWN_TEXT_H_
