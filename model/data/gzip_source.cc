#include "model/data/gzip_source.h"

#include <zlib.h>

#include <utility>

#include "absl/status/status.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kBlockBytes = 65536;
constexpr int kGzipWindow = 16 + MAX_WBITS;  // gzip headers only

}  // namespace

struct GzipSource::Inflater {
  Inflater() : is_ready(inflateInit2(&stream, kGzipWindow) == Z_OK) {}
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream stream = {};
  bool is_ready;
};

bool IsGzip(std::string_view start) { return start.starts_with("\x1f\x8b\x08"); }

GzipSource::GzipSource(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), input_(kBlockBytes), inflater_(std::make_unique<Inflater>()) {}

GzipSource::~GzipSource() = default;

absl::StatusOr<bool> GzipSource::HasInput() {
  z_stream& stream = inflater_->stream;
  if (stream.avail_in > 0) return true;
  ADVAE_ASSIGN_OR_RETURN(const size_t count, source_->Read(input_));
  stream.next_in = reinterpret_cast<Bytef*>(input_.data());
  stream.avail_in = static_cast<uInt>(count);
  return count > 0;
}

absl::StatusOr<bool> GzipSource::BeginNextMember() {
  z_stream& stream = inflater_->stream;
  for (;;) {
    ADVAE_ASSIGN_OR_RETURN(const bool more, HasInput());
    if (!more) return false;
    if (*stream.next_in != 0) break;
    ++stream.next_in;
    --stream.avail_in;
  }
  inflateReset(&stream);
  member_has_ended_ = false;
  return true;
}

absl::StatusOr<size_t> GzipSource::Read(std::span<char> room) {
  if (!inflater_->is_ready) return absl::DataLossError("cannot be decompressed");
  z_stream& stream = inflater_->stream;
  for (;;) {
    if (member_has_ended_) {
      ADVAE_ASSIGN_OR_RETURN(const bool more, BeginNextMember());
      if (!more) return size_t{0};
    }
    ADVAE_ASSIGN_OR_RETURN(const bool more, HasInput());
    if (!more) return absl::DataLossError("is cut off in its gzip data, and cannot be read");
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    member_has_ended_ = result == Z_STREAM_END;
    // What comes before damaged data is good; the next call finds the damage again.
    if (const size_t count = room.size() - stream.avail_out; count > 0) return count;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return absl::DataLossError("has damaged gzip data, and cannot be read");
    }
  }
}

bool GzipSource::IsReady() { return inflater_->stream.avail_in > 0 || source_->IsReady(); }

}  // namespace advae
