#ifndef ADVAE_MODEL_DATA_BYTE_SOURCE_H_
#define ADVAE_MODEL_DATA_BYTE_SOURCE_H_

#include <cstddef>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace advae {

// Where the bytes of a table come from: a file, a pipe, or a decoder before another source. Not
// thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Waits for at least one byte, then takes what has arrived with it: fills the start of `room`,
  // which is not empty, and returns how many bytes; 0 at the end. kDataLoss when the input cannot
  // be read or decoded; the message has a verb and no place, such as "cannot be read".
  virtual absl::StatusOr<size_t> Read(std::span<char> room) = 0;

  // Whether Read would return without waiting, as far as it is known.
  virtual bool IsReady() = 0;
};

// The bytes of a stream, which outlives the source.
class StreamSource : public ByteSource {
 public:
  explicit StreamSource(std::istream& input) : input_(&input) {}

  absl::StatusOr<size_t> Read(std::span<char> room) override;
  bool IsReady() override;

 private:
  std::istream* input_;
};

// Another source, whose next bytes can be looked at before they are read.
class PeekedSource : public ByteSource {
 public:
  explicit PeekedSource(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  // The next bytes, as far as Extend has got them; valid until the next call of another method.
  std::string_view peeked() const {
    return {buffer_.data() + position_, buffer_.size() - position_};
  }
  // Gets more of them; false at the end of the input. Errors of the source.
  absl::StatusOr<bool> Extend();
  // Passes over the first `count` of the bytes got.
  void Skip(size_t count) { position_ += count; }

  absl::StatusOr<size_t> Read(std::span<char> room) override;
  bool IsReady() override;

 private:
  std::unique_ptr<ByteSource> source_;
  std::string buffer_;
  size_t position_ = 0;  // of the next byte in buffer_
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_BYTE_SOURCE_H_
