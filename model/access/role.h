#ifndef ADVAE_MODEL_ACCESS_ROLE_H_
#define ADVAE_MODEL_ACCESS_ROLE_H_

#include <optional>
#include <string_view>

namespace advae {

// What a caller may do. Each role may do what those before it may.
enum class Role {
  kViewer,   // see models, thresholds and metrics
  kScorer,   // score rows
  kTrainer,  // train and import versions, change thresholds and the serving version
  kAdmin,    // delete versions and models
};

// "viewer", "scorer", "trainer" or "admin".
const char* NameOf(Role role);
// The role of that name, if there is one.
std::optional<Role> RoleNamed(std::string_view name);

}  // namespace advae

#endif  // ADVAE_MODEL_ACCESS_ROLE_H_
