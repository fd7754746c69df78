#ifndef ADVAE_SERVER_IDENTITY_VERIFIED_TOKENS_H_
#define ADVAE_SERVER_IDENTITY_VERIFIED_TOKENS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/identity/jwt_claims.h"

namespace advae {

// Remembers who showed tokens that were found good, so that each call need not check a signature:
// those used lately, at most `max_tokens`. It has digests, not the tokens. Thread-safe.
class VerifiedTokens {
 public:
  // `max_tokens` is at least 2.
  explicit VerifiedTokens(size_t max_tokens) : max_generation_(max_tokens / 2) {}

  void Add(const std::string& digest, JwtIdentity identity) ABSL_LOCKS_EXCLUDED(mutex_);

  // The subject of the token, if it is known and has not expired (CheckClaims).
  std::optional<std::string> Find(const std::string& digest, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);

  size_t size() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  using Generation = std::unordered_map<std::string, JwtIdentity>;

  void AddLocked(const std::string& digest, JwtIdentity identity)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_generation_;
  mutable absl::Mutex mutex_;
  // When `recent_` is full it becomes `older_`, from which what is used comes back.
  Generation recent_ ABSL_GUARDED_BY(mutex_);
  Generation older_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_VERIFIED_TOKENS_H_
