#include "server/identity/verified_tokens.h"

#include <utility>

namespace advae {

void VerifiedTokens::Add(const std::string& digest, JwtIdentity identity) {
  absl::MutexLock lock(&mutex_);
  AddLocked(digest, std::move(identity));
}

void VerifiedTokens::AddLocked(const std::string& digest, JwtIdentity identity) {
  if (recent_.size() >= max_generation_) older_ = std::exchange(recent_, {});
  recent_.insert_or_assign(digest, std::move(identity));
}

std::optional<std::string> VerifiedTokens::Find(const std::string& digest, absl::Time now) {
  absl::MutexLock lock(&mutex_);
  auto found = recent_.find(digest);
  if (found == recent_.end()) {
    auto older = older_.extract(digest);
    if (older.empty()) return std::nullopt;
    AddLocked(digest, std::move(older.mapped()));
    found = recent_.find(digest);
  }
  if (now >= found->second.expires + kJwtLeeway) {
    recent_.erase(found);
    return std::nullopt;
  }
  return found->second.subject;
}

size_t VerifiedTokens::size() const {
  absl::MutexLock lock(&mutex_);
  return recent_.size() + older_.size();
}

}  // namespace advae
