#ifndef ADVAE_MODEL_BASE_SYSTEM_ERROR_H_
#define ADVAE_MODEL_BASE_SYSTEM_ERROR_H_

#include <string>
#include <system_error>

namespace advae {

// The words for an errno, such as "No such file or directory". Thread-safe, which strerror is not.
inline std::string SystemErrorMessage(int error) { return std::generic_category().message(error); }

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_SYSTEM_ERROR_H_
