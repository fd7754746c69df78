#include "model/data/utf16_source.h"

#include <utility>

#include "absl/status/status.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kBlockBytes = 65536;
constexpr char16_t kByteOrderMark = 0xFEFF;
constexpr char32_t kReplacement = 0xFFFD;

void AppendUtf8(char32_t code_point, std::string& text) {
  const auto continuation = [&](int shift) {
    text.push_back(static_cast<char>(0x80 | (code_point >> shift & 0x3F)));
  };
  if (code_point < 0x80) {
    text.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    text.push_back(static_cast<char>(0xC0 | code_point >> 6));
    continuation(0);
  } else if (code_point < 0x10000) {
    text.push_back(static_cast<char>(0xE0 | code_point >> 12));
    continuation(6);
    continuation(0);
  } else {
    text.push_back(static_cast<char>(0xF0 | code_point >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

bool IsHighSurrogate(char16_t unit) { return (unit & 0xFC00) == 0xD800; }
bool IsLowSurrogate(char16_t unit) { return (unit & 0xFC00) == 0xDC00; }

}  // namespace

std::optional<std::endian> Utf16Order(std::string_view start) {
  if (start.starts_with("\xFF\xFE")) return std::endian::little;
  if (start.starts_with("\xFE\xFF")) return std::endian::big;
  if (start.size() < 4) return std::nullopt;
  if (start[0] != 0 && start[1] == 0 && start[2] != 0 && start[3] == 0) return std::endian::little;
  if (start[0] == 0 && start[1] != 0 && start[2] == 0 && start[3] != 0) return std::endian::big;
  return std::nullopt;
}

void Utf16Source::Append(char16_t unit) {
  if (std::exchange(at_start_, false) && unit == kByteOrderMark) return;
  if (high_surrogate_) {
    const char16_t high = *std::exchange(high_surrogate_, std::nullopt);
    if (IsLowSurrogate(unit)) {
      AppendUtf8(0x10000 + (char32_t{high} - 0xD800) * 0x400 + (char32_t{unit} - 0xDC00), output_);
      return;
    }
    AppendUtf8(kReplacement, output_);
  }
  if (IsHighSurrogate(unit)) {
    high_surrogate_ = unit;
  } else {
    AppendUtf8(IsLowSurrogate(unit) ? kReplacement : char32_t{unit}, output_);
  }
}

absl::StatusOr<size_t> Utf16Source::Read(std::span<char> room) {
  while (position_ == output_.size()) {
    output_.clear();
    position_ = 0;
    const size_t kept = input_.size();
    input_.resize(kept + kBlockBytes);
    absl::StatusOr<size_t> count = source_->Read(std::span(input_).subspan(kept));
    input_.resize(kept + count.value_or(0));
    if (!count.ok()) return count.status();
    if (*count == 0) {
      if (input_.empty() && !high_surrogate_) return size_t{0};
      return absl::DataLossError("ends within a character of UTF-16, and cannot be read");
    }
    size_t i = 0;
    for (; i + 2 <= input_.size(); i += 2) {
      const auto first = static_cast<uint8_t>(input_[i]);
      const auto second = static_cast<uint8_t>(input_[i + 1]);
      Append(static_cast<char16_t>(order_ == std::endian::big ? first << 8 | second
                                                              : second << 8 | first));
    }
    input_.erase(0, i);
  }
  const size_t count = output_.copy(room.data(), room.size(), position_);
  position_ += count;
  return count;
}

bool Utf16Source::IsReady() { return position_ < output_.size() || source_->IsReady(); }

}  // namespace advae
