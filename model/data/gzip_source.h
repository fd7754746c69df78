#ifndef ADVAE_MODEL_DATA_GZIP_SOURCE_H_
#define ADVAE_MODEL_DATA_GZIP_SOURCE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/byte_source.h"

namespace advae {

// Whether what starts with these bytes is gzip data (RFC 1952).
bool IsGzip(std::string_view start);

// What another source holds in gzip format, decompressed block by block; several members follow one
// another as one text. Zero bytes after the last member are padding. Read also returns kDataLoss
// when the data is damaged or ends within a member.
class GzipSource : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source);
  ~GzipSource() override;

  absl::StatusOr<size_t> Read(std::span<char> room) override;
  bool IsReady() override;

 private:
  struct Inflater;

  // Gets more compressed input when there is none left; false at its end.
  absl::StatusOr<bool> HasInput();
  // Whether another member follows the one that has ended.
  absl::StatusOr<bool> BeginNextMember();

  std::unique_ptr<ByteSource> source_;
  std::vector<char> input_;
  std::unique_ptr<Inflater> inflater_;
  bool member_has_ended_ = false;
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_GZIP_SOURCE_H_
