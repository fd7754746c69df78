#include "model/data/byte_source.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kBlockBytes = 65536;

}  // namespace

absl::StatusOr<size_t> StreamSource::Read(std::span<char> room) {
  // Waits for one byte, then takes what has arrived with it.
  if (input_->good() && input_->peek() != std::istream::traits_type::eof()) {
    std::streamsize count =
        input_->readsome(room.data(), static_cast<std::streamsize>(room.size()));
    if (count == 0) count = input_->read(room.data(), 1).gcount();
    if (count > 0) return static_cast<size_t>(count);
  }
  if (input_->bad()) return absl::DataLossError("cannot be read");
  return size_t{0};
}

bool StreamSource::IsReady() {
  // 0: nothing has arrived. -1: the end.
  return !input_->good() || input_->rdbuf()->in_avail() != 0;
}

absl::StatusOr<bool> PeekedSource::Extend() {
  buffer_.erase(0, std::exchange(position_, 0));
  const size_t size = buffer_.size();
  buffer_.resize(size + kBlockBytes);
  const absl::StatusOr<size_t> count = source_->Read(std::span(buffer_).subspan(size));
  buffer_.resize(size + count.value_or(0));
  if (!count.ok()) return count.status();
  return *count > 0;
}

absl::StatusOr<size_t> PeekedSource::Read(std::span<char> room) {
  if (position_ == buffer_.size()) return source_->Read(room);
  const size_t count = buffer_.copy(room.data(), room.size(), position_);
  position_ += count;
  if (position_ == buffer_.size()) {
    position_ = 0;
    buffer_ = std::string();  // frees its memory
  }
  return count;
}

bool PeekedSource::IsReady() { return position_ < buffer_.size() || source_->IsReady(); }

}  // namespace advae
