#ifndef ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_
#define ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/steady_clock.h"
#include "server/models/model_table.h"

namespace advae {

// Syncs a model table at an interval, so that the server takes up what other processes publish in
// the repository, and removes what killed ones left there, on a thread of its own.
class RepositoryPoller {
 public:
  // `table` outlives the poller; `interval` is above 0.
  RepositoryPoller(ModelTable& table, absl::Duration interval);
  ~RepositoryPoller();

 private:
  void Run(ModelTable& table, absl::Duration interval);
  // Waits for as long, whatever the wall clock does, or until the poller stops; whether it does.
  bool IsStoppedWithin(absl::Duration interval) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  SteadyCondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_
