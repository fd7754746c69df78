#ifndef ADVAE_MODEL_BASE_UTF8_H_
#define ADVAE_MODEL_BASE_UTF8_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace advae {

// Whether `text` is well-formed UTF-8 (RFC 3629): no truncated or overlong sequences, surrogates or
// code points beyond U+10FFFF.
bool IsUtf8(std::string_view text);

// What a text starts with: a well-formed sequence, or a byte that is part of none.
struct Utf8Head {
  size_t bytes;
  uint32_t code_point;  // or the byte
  bool is_well_formed;
};
// `text` is not empty.
Utf8Head Utf8HeadOf(std::string_view text);

// `bytes` as UTF-8: as they are when they are UTF-8, otherwise read as Windows-1252, of which
// Latin-1 is a part. Bytes that have no character there become the control characters of their
// numbers, so that different bytes stay different.
std::string Utf8Of(std::string_view bytes);

// The first bytes of `text`, at most `max_bytes`, without part of a sequence at their end.
std::string_view Utf8Prefix(std::string_view text, size_t max_bytes);

// Whether a code point is a control character or steers how the text around it is shown: a line or
// paragraph separator, or a change of the direction of writing.
bool IsControl(uint32_t code_point);

// `bytes` for a message: quotation marks, backslashes, control characters (as IsControl has them)
// and what is not UTF-8 are escaped as in C, all other text stays readable.
std::string EscapeText(std::string_view bytes);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_UTF8_H_
