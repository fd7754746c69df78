#ifndef ADVAE_SERVER_MODELS_SEEN_NUMBERS_H_
#define ADVAE_SERVER_MODELS_SEEN_NUMBERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "model/repository/repository.h"

namespace advae {

// The highest number of a version that this server has seen of each model, now or before, so that
// no number ever names two contents. Thread-safe.
class SeenNumbers {
 public:
  // `repository` outlives this object.
  explicit SeenNumbers(const Repository& repository) : repository_(repository) {}

  // 0 for none.
  uint64_t Highest(std::string_view model) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Remembers the highest number of a model.
  void Note(const Repository::ModelVersions& stored) ABSL_LOCKS_EXCLUDED(mutex_);
  // The same for all models. Where a higher one was seen before, its version was deleted, or
  // somebody has brought back an older state of the repository: sees to it that it is recorded.
  // Done by one thread at a time.
  void NoteAll(const std::vector<Repository::ModelVersions>& listed) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  const Repository& repository_;
  mutable absl::Mutex mutex_;
  std::map<std::string, uint64_t, std::less<>> highest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_SEEN_NUMBERS_H_
