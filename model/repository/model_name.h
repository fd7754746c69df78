#ifndef ADVAE_MODEL_REPOSITORY_MODEL_NAME_H_
#define ADVAE_MODEL_REPOSITORY_MODEL_NAME_H_

#include <string_view>

#include "absl/status/status.h"

namespace advae {

// kInvalidArgument unless `name` has 1 to 64 characters, all of them letters, digits, '_', '-' or
// '.', and starts with a letter or digit. Such a name is safe as a folder and as a metric label.
absl::Status ValidateModelName(std::string_view name);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_MODEL_NAME_H_
