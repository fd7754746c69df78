#ifndef ADVAE_MODEL_PYTORCH_ZIP_ARCHIVE_H_
#define ADVAE_MODEL_PYTORCH_ZIP_ARCHIVE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace advae {

// The records of a zip archive that is in memory. Records are read where they lie in the archive,
// which costs no memory whatever sizes the archive claims. So compressed ones cannot be read;
// torch.save writes none. Zip64 is understood; encryption and archives of several parts are not.
class ZipArchive {
 public:
  // `bytes` outlive the archive. kInvalidArgument when they are no such archive, or a record lies
  // outside of it, overlaps another, appears twice or does not match its checksum.
  static absl::StatusOr<ZipArchive> Open(std::string_view bytes);

  // The folder at the top, of which torch.save makes one for all records: "archive" for
  // "archive/data.pkl". Empty when the first record is in none.
  const std::string& top_folder() const { return top_folder_; }

  bool Contains(const std::string& name) const { return records_.contains(name); }

  // The bytes of a record that the archive contains. kInvalidArgument when it is compressed.
  absl::StatusOr<std::string_view> Read(const std::string& name) const;

 private:
  // Adds the record of the entry of the central directory that is at `position` of `bytes`. Returns
  // where the next entry is.
  absl::StatusOr<size_t> AddEntry(std::string_view bytes, size_t position);

  std::string top_folder_;
  std::map<std::string, std::optional<std::string_view>> records_;  // none: compressed
  uint64_t record_bytes_ = 0;                                       // of all together
};

}  // namespace advae

#endif  // ADVAE_MODEL_PYTORCH_ZIP_ARCHIVE_H_
