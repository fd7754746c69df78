#ifndef ADVAE_MODEL_BASE_SHA256_H_
#define ADVAE_MODEL_BASE_SHA256_H_

#include <string>
#include <string_view>

namespace advae {

// The SHA-256 of `bytes`: 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_SHA256_H_
