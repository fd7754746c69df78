#include "model/pytorch/zip_archive.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

// PKWARE's APPNOTE.TXT, 4.3 and 4.5.3.
constexpr uint64_t kLocalHeader = 0x04034b50;
constexpr uint64_t kEntry = 0x02014b50;
constexpr uint64_t kEnd = 0x06054b50;
constexpr uint64_t kEnd64 = 0x06064b50;
constexpr uint64_t kEnd64Locator = 0x07064b50;
constexpr size_t kLocalHeaderBytes = 30;
constexpr size_t kEntryBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kEnd64LocatorBytes = 20;
constexpr size_t kEnd64Bytes = 56;
constexpr size_t kMaxCommentBytes = 65535;
constexpr uint64_t kInExtraField = 0xffffffff;  // stands for a number of 64 bits
constexpr uint64_t kZip64Extra = 1;
constexpr uint64_t kEncrypted = 1;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("reading the archive: ", what));
}

// The little-endian number of `size` bytes at `position`; 0 when it is not all there, which no
// signature is.
uint64_t Number(std::string_view bytes, size_t position, size_t size) {
  if (position > bytes.size() || bytes.size() - position < size) return 0;
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[position + i]);
  return number;
}

bool Lies(uint64_t first, uint64_t size, uint64_t end) {
  return first <= end && size <= end - first;
}

// Where the record that ends the archive begins: the last place that could be one.
std::optional<size_t> FindEnd(std::string_view bytes) {
  for (size_t comment = 0; comment <= kMaxCommentBytes; ++comment) {
    if (bytes.size() < kEndBytes + comment) break;
    const size_t end = bytes.size() - kEndBytes - comment;
    if (Number(bytes, end, 4) == kEnd && Number(bytes, end + 20, 2) == comment) return end;
  }
  return std::nullopt;
}

struct Directory {
  uint64_t entries;
  uint64_t first;  // position
};

absl::StatusOr<Directory> FindDirectory(std::string_view bytes) {
  const std::optional<size_t> end = FindEnd(bytes);
  if (!end) return Malformed("it has no end; is the file truncated?");
  Directory directory{Number(bytes, *end + 10, 2), Number(bytes, *end + 16, 4)};
  const size_t locator = *end - std::min(*end, kEnd64LocatorBytes);
  if (Number(bytes, locator, 4) == kEnd64Locator) {
    const uint64_t end64 = Number(bytes, locator + 8, 8);
    if (!Lies(end64, kEnd64Bytes, bytes.size()) || Number(bytes, end64, 4) != kEnd64) {
      return Malformed("its end of 64 bits is missing");
    }
    directory = {Number(bytes, end64 + 32, 8), Number(bytes, end64 + 48, 8)};
  }
  return directory;
}

// Where a record lies, as an entry of the directory says.
struct Place {
  uint64_t bytes;
  uint64_t stored_bytes;
  uint64_t header;
};

// Takes the numbers that do not fit 32 bits from the entry's extra field.
void ReadExtraField(std::string_view extra, Place& place) {
  for (size_t at = 0; Lies(at, 4, extra.size());) {
    const uint64_t id = Number(extra, at, 2);
    const uint64_t size = Number(extra, at + 2, 2);
    size_t number = at + 4;
    at = number + size;
    if (id != kZip64Extra) continue;
    for (uint64_t* value : {&place.bytes, &place.stored_bytes, &place.header}) {
      if (*value != kInExtraField || !Lies(number, 8, at)) continue;
      *value = Number(extra, number, 8);
      number += 8;
    }
  }
}

}  // namespace

absl::StatusOr<ZipArchive> ZipArchive::Open(std::string_view bytes) {
  ADVAE_ASSIGN_OR_RETURN(const Directory directory, FindDirectory(bytes));
  ZipArchive archive;
  uint64_t position = directory.first;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    ADVAE_ASSIGN_OR_RETURN(position, archive.AddEntry(bytes, position));
  }
  return archive;
}

absl::StatusOr<size_t> ZipArchive::AddEntry(std::string_view bytes, size_t position) {
  if (Number(bytes, position, 4) != kEntry || !Lies(position, kEntryBytes, bytes.size())) {
    return Malformed("its directory is damaged");
  }
  const uint64_t name_bytes = Number(bytes, position + 28, 2);
  const uint64_t extra_bytes = Number(bytes, position + 30, 2);
  const uint64_t more = name_bytes + extra_bytes + Number(bytes, position + 32, 2);
  if (!Lies(position + kEntryBytes, more, bytes.size())) {
    return Malformed("its directory is damaged");
  }
  const std::string name(bytes.substr(position + kEntryBytes, name_bytes));
  if (records_.empty() && name.find('/') != std::string::npos) {
    top_folder_ = name.substr(0, name.find('/'));
  }
  Place place{.bytes = Number(bytes, position + 24, 4),
              .stored_bytes = Number(bytes, position + 20, 4),
              .header = Number(bytes, position + 42, 4)};
  ReadExtraField(bytes.substr(position + kEntryBytes + name_bytes, extra_bytes), place);
  if (Number(bytes, position + 10, 2) != 0 || place.bytes != place.stored_bytes ||
      (Number(bytes, position + 8, 2) & kEncrypted) != 0) {
    records_.emplace(name, std::nullopt);
    return position + kEntryBytes + more;
  }
  if (!Lies(place.header, kLocalHeaderBytes, bytes.size()) ||
      Number(bytes, place.header, 4) != kLocalHeader) {
    return Malformed(absl::StrCat("record ", name, " is not where the directory says"));
  }
  const uint64_t first = place.header + kLocalHeaderBytes + Number(bytes, place.header + 26, 2) +
                         Number(bytes, place.header + 28, 2);
  if (!Lies(first, place.bytes, bytes.size())) {
    return Malformed(absl::StrCat("record ", name, " lies outside of the file"));
  }
  const std::string_view record = bytes.substr(first, place.bytes);
  record_bytes_ += record.size();
  if (record_bytes_ > bytes.size()) return Malformed("its records overlap");
  boost::crc_32_type crc;
  crc.process_bytes(record.data(), record.size());
  if (crc.checksum() != Number(bytes, position + 16, 4)) {
    return Malformed(absl::StrCat("record ", name, " does not match its checksum"));
  }
  if (!records_.emplace(name, record).second) {
    return Malformed(absl::StrCat("record ", name, " is there twice"));
  }
  return position + kEntryBytes + more;
}

absl::StatusOr<std::string_view> ZipArchive::Read(const std::string& name) const {
  const std::optional<std::string_view>& record = records_.at(name);
  if (record) return *record;
  return Malformed(absl::StrCat("record ", name, " is compressed; torch.save compresses nothing"));
}

}  // namespace advae
