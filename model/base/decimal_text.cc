#include "model/base/decimal_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace advae {
namespace {

constexpr double kWholeInFull = 1e15;

template <typename T>
std::string ShortestText(T value) {
  char text[32];
  const bool is_whole =
      std::abs(value) < static_cast<T>(kWholeInFull) && std::trunc(value) == value;
  const std::to_chars_result end =
      is_whole ? std::to_chars(text, text + sizeof(text), static_cast<int64_t>(value))
               : std::to_chars(text, text + sizeof(text), value);
  return {text, end.ptr};
}

}  // namespace

std::string DecimalText(double value) { return ShortestText(value); }

std::string DecimalText(float value) { return ShortestText(value); }

}  // namespace advae
