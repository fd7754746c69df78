#include "server/models/repository_poller.h"

#include "server/log/log.h"

namespace advae {

RepositoryPoller::RepositoryPoller(ModelTable& table, absl::Duration interval)
    : thread_([this, &table, interval] { Run(table, interval); }) {}

RepositoryPoller::~RepositoryPoller() {
  stop_.Notify();
  thread_.join();
}

void RepositoryPoller::Run(ModelTable& table, absl::Duration interval) {
  while (!stop_.WaitFor(interval)) {
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
