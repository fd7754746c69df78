#ifndef ADVAE_MODEL_FITTING_FEATURE_NAMES_H_
#define ADVAE_MODEL_FITTING_FEATURE_NAMES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace advae {

// "x0", "x1", ..., the names of columns that have none.
std::vector<std::string> DefaultFeatureNames(size_t columns);

// kInvalidArgument unless `names` has `columns` unique, non-empty names of at most 256 bytes of
// valid UTF-8.
absl::Status ValidateFeatureNames(const std::vector<std::string>& names, size_t columns);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_FEATURE_NAMES_H_
