#ifndef ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_
#define ADVAE_SERVER_MODELS_REPOSITORY_POLLER_H_

#include <thread>

#include "absl/time/time.h"
#include "server/base/steady_notification.h"
#include "server/models/model_table.h"

namespace advae {

// Syncs the table with its repository, and removes there what killed processes left and deletions
// that are no longer kept. Failures are logged; what is loaded stays. When memory runs out, the
// rest is left to the next time.
void PollRepository(ModelTable& table, const KeptDeletions& keep);

// Polls a repository at an interval, on a thread of its own, so that the server takes up what other
// processes publish in it. At the start, only deletions are removed. The thread gives way to those
// that score: where processors are short, versions are loaded later, and rows are not scored later.
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
