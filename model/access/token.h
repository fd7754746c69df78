#ifndef ADVAE_MODEL_ACCESS_TOKEN_H_
#define ADVAE_MODEL_ACCESS_TOKEN_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/access/grant.h"

namespace advae {

// A bearer token is "advae_ID_SECRET": 16 and 64 hexadecimal digits. The id finds the grant, so
// that the secret itself is looked up nowhere. The secret has 256 random bits, so that a plain
// SHA-256 of the token cannot be inverted by trying.

// Makes a token and puts its id and hash into `grant`. kUnavailable when the system gives no random
// bytes.
absl::StatusOr<std::string> MakeToken(Grant& grant);

// The id in a text that has the form of a token.
std::optional<std::string_view> TokenId(std::string_view token);

// Whether `token` is the one that `grant` was made for. Takes as long for a wrong secret as for the
// right one.
bool IsTokenOf(std::string_view token, const Grant& grant);

}  // namespace advae

#endif  // ADVAE_MODEL_ACCESS_TOKEN_H_
