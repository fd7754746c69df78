#include "server/models/repository_poller.h"

#include <sys/resource.h>

#include <new>

#include "absl/time/clock.h"
#include "server/log/log.h"

namespace advae {

namespace {

// A tenth of the processor time that a thread as usual gets beside it.
constexpr int kNice = 10;

// Does what may be left to another time when memory runs out.
template <typename Work>
void SurviveLackOfMemory(const Work& work) {
  try {
    work();
  } catch (const std::bad_alloc&) {
    Log(LogLevel::kError, "memory ran out in a poll of the repository, which is tried again");
  }
}

void RemoveExcessDeletions(const Repository& repository, const KeptDeletions& keep) {
  const absl::Status status = repository.RemoveExcessDeletions(keep, absl::Now());
  if (status.ok()) return;
  Log(LogLevel::kWarning, "deletions not removed", {{"reason", status.ToString()}});
}

void Poll(ModelTable& table, const KeptDeletions& keep) {
  if (absl::Status status = table.Sync(); !status.ok()) {
    Log(LogLevel::kError, "repository not readable, keeping what is loaded",
        {{"reason", status.ToString()}});
    return;
  }
  table.repository().RemoveStaleStaging().IgnoreError();
  RemoveExcessDeletions(table.repository(), keep);
}

}  // namespace

void PollRepository(ModelTable& table, const KeptDeletions& keep) {
  SurviveLackOfMemory([&] { Poll(table, keep); });
}

RepositoryPoller::RepositoryPoller(ModelTable& table, absl::Duration interval,
                                   const KeptDeletions& keep)
    : thread_([this, &table, interval, keep] { Run(table, interval, keep); }) {}

RepositoryPoller::~RepositoryPoller() {
  stop_.Notify();
  thread_.join();
}

void RepositoryPoller::Run(ModelTable& table, absl::Duration interval, const KeptDeletions& keep) {
  setpriority(PRIO_PROCESS, 0, kNice);  // of this thread alone, on Linux
  SurviveLackOfMemory([&] { RemoveExcessDeletions(table.repository(), keep); });
  while (!stop_.WaitFor(interval)) PollRepository(table, keep);
}

}  // namespace advae
