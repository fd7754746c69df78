#ifndef ADVAE_SERVER_METRICS_REQUEST_CLOCK_H_
#define ADVAE_SERVER_METRICS_REQUEST_CLOCK_H_

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"
#include "server/metrics/version_statistics.h"

namespace advae {

// Measures one score request for the statistics of its version. Its steps come one after the other,
// on any threads.
class RequestClock {
 public:
  void Start() { start_ = SteadyNow(); }
  // The version is found. What ends before this is counted nowhere.
  void SetStatistics(std::shared_ptr<VersionStatistics> statistics) {
    statistics_ = std::move(statistics);
  }
  // So many rows go to the batcher, which writes waited() before it is done.
  void Submit(size_t rows) {
    submitted_ = SteadyNow();
    rows_ = rows;
  }
  void SetScored() { scored_ = SteadyNow(); }
  // Counts the request.
  void End(const absl::Status& status) const {
    if (statistics_ == nullptr) return;
    const absl::Time now = SteadyNow();
    if (!status.ok()) return statistics_->CountError(now - start_);
    statistics_->CountAnswer(rows_, {.input = submitted_ - start_,
                                     .queue = waited_,
                                     .scoring = scored_ - submitted_ - waited_,
                                     .output = now - scored_});
  }

  absl::Time start() const { return start_; }  // steady
  VersionStatistics* statistics() const { return statistics_.get(); }
  absl::Duration& waited() { return waited_; }

 private:
  std::shared_ptr<VersionStatistics> statistics_;
  absl::Time start_;
  absl::Time submitted_;
  absl::Duration waited_;
  absl::Time scored_;
  size_t rows_ = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_METRICS_REQUEST_CLOCK_H_
