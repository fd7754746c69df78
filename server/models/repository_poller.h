#ifndef ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_
#define ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_

#include <thread>

#include "absl/time/time.h"
#include "server/base/steady_notification.h"
#include "server/models/model_table.h"

namespace advae {

// Syncs a model table at an interval, so that the server takes up what other processes publish in
// the repository, and removes what killed ones left there and deletions that are no longer kept (at
// its start, too). On a thread of its own, which gives way to those that score: where processors
// are short, versions are loaded later, and rows are not scored later.
class RepositoryPoller {
 public:
  // `table` outlives the poller; `interval` is above 0.
  RepositoryPoller(ModelTable& table, absl::Duration interval, const KeptDeletions& keep);
  ~RepositoryPoller();

 private:
  void Run(ModelTable& table, absl::Duration interval, const KeptDeletions& keep);

  SteadyNotification stop_;
  std::thread thread_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_
