#ifndef ADVAE_SERVER_BASE_SHOWN_TEXT_H_
#define ADVAE_SERVER_BASE_SHOWN_TEXT_H_

#include <string>
#include <string_view>

#include "model/base/utf8.h"

namespace advae {

// What a message repeats of what a client has sent: at most 64 bytes, escaped (EscapeText).
inline std::string ShownText(std::string_view text) { return EscapeText(Utf8Prefix(text, 64)); }

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_SHOWN_TEXT_H_
