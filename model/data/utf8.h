#ifndef ADVAE_MODEL_DATA_UTF8_H_
#define ADVAE_MODEL_DATA_UTF8_H_

#include <string_view>

namespace advae {

// Whether `text` is well-formed UTF-8 (RFC 3629): no truncated or overlong sequences, surrogates or
// code points beyond U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_UTF8_H_
