#ifndef ADVAE_SERVER_QUOTAS_QUOTA_FILE_H_
#define ADVAE_SERVER_QUOTAS_QUOTA_FILE_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/quotas/quota.h"

namespace advae {

// A file of quotas is a JSON object {"quotas": [...]}. Each quota in it has a "name", that of a
// token or of a client certificate, or "*" for all others, and any of the limits, called as NameOf
// does, and "weight".

// The quotas in the text of a file; `path` is what errors call it. kInvalidArgument when it is no
// file of quotas, a member is unknown, there twice or out of range, or a name is there twice; the
// message names the line, or the quota and its member.
absl::StatusOr<std::vector<NamedQuota>> ParseQuotaFile(const std::filesystem::path& path,
                                                       const std::string& text);

// Reads a file of at most 16 MiB. Errors as in file_io.h, and as above.
absl::StatusOr<std::vector<NamedQuota>> ReadQuotaFile(const std::filesystem::path& path);

}  // namespace advae

#endif  // ADVAE_SERVER_QUOTAS_QUOTA_FILE_H_
