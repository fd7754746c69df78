#ifndef ADVAE_TESTS_TESTING_UTF16_H_
#define ADVAE_TESTS_TESTING_UTF16_H_

#include <bit>
#include <string>

namespace advae::testing {

// The bytes of a UTF-16 text, without a byte order mark of their own.
inline std::string Utf16(const std::u16string& text, std::endian order) {
  std::string bytes;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xFF);
    bytes.push_back(order == std::endian::big ? high : low);
    bytes.push_back(order == std::endian::big ? low : high);
  }
  return bytes;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_UTF16_H_
