#ifndef ADVAE_MODEL_ACCESS_TOKEN_FILE_H_
#define ADVAE_MODEL_ACCESS_TOKEN_FILE_H_

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/access/grant.h"

namespace advae {

// A token file is a JSON object {"grants": [...]} whose members are called as the fields of Grant
// are. It has the hashes of tokens, not the tokens.

// The grants in the text of a file; `path` is what errors call it. kInvalidArgument when it is no
// token file (ParseStrictJson), a grant is not valid, a member is unknown, or two grants have the
// same id or subject.
absl::StatusOr<std::vector<Grant>> ParseTokenFile(const std::filesystem::path& path,
                                                  const std::string& text);
std::string PrintTokenFile(const std::vector<Grant>& grants);

// Reads a file of at most 16 MiB. Errors as in file_io.h, and as above.
absl::StatusOr<std::vector<Grant>> ReadTokenFile(const std::filesystem::path& path);

// Has `edit` change the grants in the file, which it replaces at once and whole, so that a server
// never reads half of it, keeping its owner and mode; one that is made is for its owner alone. Two
// edits at the same time follow one another. Changes nothing when `edit` or anything else fails.
absl::Status EditTokenFile(const std::filesystem::path& path,
                           const std::function<absl::Status(std::vector<Grant>& grants)>& edit);

}  // namespace advae

#endif  // ADVAE_MODEL_ACCESS_TOKEN_FILE_H_
