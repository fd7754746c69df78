#ifndef ADVAE_MODEL_BASE_INPUT_FILE_H_
#define ADVAE_MODEL_BASE_INPUT_FILE_H_

#include <istream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace advae {

// Opens a file for reading, as bytes. kNotFound or kPermissionDenied when it cannot be opened,
// kInvalidArgument when it is a folder; the message names the path.
absl::StatusOr<std::unique_ptr<std::istream>> OpenInputFile(const std::string& path);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_INPUT_FILE_H_
