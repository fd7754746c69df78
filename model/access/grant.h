#ifndef ADVAE_MODEL_ACCESS_GRANT_H_
#define ADVAE_MODEL_ACCESS_GRANT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "model/access/role.h"

namespace advae {

// Who may do what: an entry of the token file.
struct Grant {
  // Of whoever calls: 1 to 64 letters, digits, '.', '_', '-', '@', ':' or '/'. Several grants may
  // have the same one, as while a token is being replaced. For a client certificate, its common
  // name or one of its alternative names.
  std::string name;
  Role role = Role::kViewer;
  // Patterns of the names of models (model/base/wildcard.h); at least one.
  std::vector<std::string> models = {"*"};
  // Of a token: which one it is, and the SHA-256 of its text, in lower-case hexadecimal digits.
  // Both are empty for others.
  std::string id = {};
  std::string sha256 = {};
  // Of JSON Web Tokens: the subject that they name (IsSubject); empty for others.
  std::string subject = {};
  // When it was created, as RFC 3339 has it.
  std::string created = {};

  bool is_token() const { return !id.empty(); }
  bool is_subject() const { return !subject.empty(); }
  bool is_certificate() const { return !is_token() && !is_subject(); }
  // Whether the grant is for a model of this name.
  bool Covers(std::string_view model) const;
  // Whether it is for all models.
  bool CoversAll() const;

  bool operator==(const Grant&) const = default;
};

// Whether a grant can be for this subject: 1 to 255 printable ASCII characters other than the
// space.
bool IsSubject(std::string_view text);

// kInvalidArgument when a field is not as the struct has it; the message says what was expected.
absl::Status ValidateGrant(const Grant& grant);

}  // namespace advae

#endif  // ADVAE_MODEL_ACCESS_GRANT_H_
