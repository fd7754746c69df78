#include "server/models/repository_poller.h"

#include "server/log/log.h"

namespace advae {

RepositoryPoller::RepositoryPoller(ModelTable& table, absl::Duration interval)
    : thread_([this, &table, interval] { Run(table, interval); }) {}

RepositoryPoller::~RepositoryPoller() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  thread_.join();
}

bool RepositoryPoller::IsStoppedWithin(absl::Duration interval) {
  const absl::Time end = SteadyNow() + interval;
  absl::MutexLock lock(&mutex_);
  while (!stopping_ && SteadyNow() < end) changed_.WaitUntil(mutex_, end);
  return stopping_;
}

void RepositoryPoller::Run(ModelTable& table, absl::Duration interval) {
  while (!IsStoppedWithin(interval)) {
    if (absl::Status status = table.Sync(); !status.ok()) {
      Log(LogLevel::kError, "repository not readable, keeping what is loaded",
          {{"reason", status.ToString()}});
      continue;
    }
    // What servers and workers left that were killed since the last time.
    table.repository().RemoveStaleStaging().IgnoreError();
  }
}

}  // namespace advae
