#include "model/base/utf8.h"

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// How C escapes an ASCII character in a string; 0 when it needs no letter for it.
char EscapeLetter(uint32_t code_point) {
  switch (code_point) {
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '"':
    case '\\':
      return static_cast<char>(code_point);
    default:
      return 0;
  }
}

}  // namespace

Utf8Head Utf8HeadOf(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const Utf8Head lone_byte = {.bytes = 1, .code_point = lead, .is_well_formed = lead < 0x80};
  if (lead < 0x80) return lone_byte;
  const size_t length = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
  if (length == 0 || text.size() < length) return lone_byte;
  uint32_t code_point = lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return lone_byte;
    code_point = code_point << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  if (code_point < kSmallest[length] || code_point > 0x10FFFF || is_surrogate) return lone_byte;
  return {.bytes = length, .code_point = code_point, .is_well_formed = true};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Head head = Utf8HeadOf(text);
    if (!head.is_well_formed) return false;
    text.remove_prefix(head.bytes);
  }
  return true;
}

std::string Utf8Of(std::string_view bytes) {
  // Of 0x80 to 0x9F; all others are the code points of their numbers.
  constexpr std::string_view kWindows1252[] = {
      "\u20ac",   "\xc2\x81", "\u201a", "\u0192", "\u201e", "\u2026",   "\u2020", "\u2021",
      "\u02c6",   "\u2030",   "\u0160", "\u2039", "\u0152", "\xc2\x8d", "\u017d", "\xc2\x8f",
      "\xc2\x90", "\u2018",   "\u2019", "\u201c", "\u201d", "\u2022",   "\u2013", "\u2014",
      "\u02dc",   "\u2122",   "\u0161", "\u203a", "\u0153", "\xc2\x9d", "\u017e", "\u0178"};
  if (IsUtf8(bytes)) return std::string(bytes);
  std::string text;
  for (const char byte : bytes) {
    const auto number = static_cast<uint8_t>(byte);
    if (number < 0x80) {
      text += byte;
    } else if (number < 0xA0) {
      text += kWindows1252[number - 0x80];
    } else {
      text += {static_cast<char>(0xC0 | (number >> 6)), static_cast<char>(0x80 | (number & 0x3F))};
    }
  }
  return text;
}

std::string_view Utf8Prefix(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  const auto continues = [&](size_t i) { return (static_cast<uint8_t>(text[i]) & 0xC0) == 0x80; };
  while (end > 0 && max_bytes - end < 3 && continues(end)) --end;
  // A run of continuations is no sequence that could be cut.
  return text.substr(0, continues(end) ? max_bytes : end);
}

bool IsControl(uint32_t code_point) {
  const auto within = [code_point](uint32_t first, uint32_t last) {
    return code_point >= first && code_point <= last;
  };
  return code_point < 0x20 || within(0x7F, 0x9F) || within(0x200E, 0x200F) ||
         within(0x2028, 0x202E) || within(0x2066, 0x2069);
}

std::string EscapeText(std::string_view bytes) {
  std::string escaped;
  while (!bytes.empty()) {
    const Utf8Head head = Utf8HeadOf(bytes);
    if (const char letter = EscapeLetter(head.code_point); letter != 0) {
      escaped += {'\\', letter};
    } else if (head.is_well_formed && !IsControl(head.code_point)) {
      escaped += bytes.substr(0, head.bytes);
    } else {
      for (const char byte : bytes.substr(0, head.bytes)) {
        absl::StrAppend(&escaped, "\\x", absl::Hex(static_cast<uint8_t>(byte), absl::kZeroPad2));
      }
    }
    bytes.remove_prefix(head.bytes);
  }
  return escaped;
}

}  // namespace advae
