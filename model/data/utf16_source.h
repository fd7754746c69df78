#ifndef ADVAE_MODEL_DATA_UTF16_SOURCE_H_
#define ADVAE_MODEL_DATA_UTF16_SOURCE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/byte_source.h"

namespace advae {

// The byte order of a UTF-16 text that starts with these bytes, by its byte order mark or, without
// one, by the zero bytes of its first two characters, if these are ASCII. Unset: not UTF-16.
std::optional<std::endian> Utf16Order(std::string_view start);

// Another source's UTF-16 text as UTF-8, without its byte order mark. A surrogate without its
// partner becomes U+FFFD. Read also returns kDataLoss when the text ends within a character.
class Utf16Source : public ByteSource {
 public:
  Utf16Source(std::unique_ptr<ByteSource> source, std::endian order)
      : source_(std::move(source)), order_(order) {}

  absl::StatusOr<size_t> Read(std::span<char> room) override;
  bool IsReady() override;

 private:
  void Append(char16_t unit);

  std::unique_ptr<ByteSource> source_;
  std::endian order_;
  std::string input_;                       // not yet decoded; at most one byte between calls
  std::string output_;                      // UTF-8 text
  size_t position_ = 0;                     // of the next byte in output_
  std::optional<char16_t> high_surrogate_;  // that waits for its partner
  bool at_start_ = true;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_UTF16_SOURCE_H_
