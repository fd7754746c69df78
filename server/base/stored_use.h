#ifndef ADVAE_SERVER_BASE_STORED_USE_H_
#define ADVAE_SERVER_BASE_STORED_USE_H_

#include <cstdint>

namespace advae {

// What the versions of one creator take of a repository.
struct StoredUse {
  uint64_t versions = 0;
  uint64_t bytes = 0;  // of weights and scores

  bool operator==(const StoredUse&) const = default;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_STORED_USE_H_
