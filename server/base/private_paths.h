#ifndef ADVAE_SERVER_BASE_PRIVATE_PATHS_H_
#define ADVAE_SERVER_BASE_PRIVATE_PATHS_H_

#include <filesystem>
#include <string>
#include <string_view>

namespace advae {

// Where things lie on this machine is nobody's business but its operator's: error messages name
// files by their paths, and on their way to a client lose them. Both functions are thread-safe.

// From now on, `path`, which is absolute, and what is below it are private.
void AddPrivatePath(const std::filesystem::path& path);

// `message` with each private path shortened to its last name.
std::string WithoutPrivatePaths(std::string_view message);

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_PRIVATE_PATHS_H_
