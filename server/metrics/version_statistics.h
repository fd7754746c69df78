#ifndef ADVAE_SERVER_METRICS_VERSION_STATISTICS_H_
#define ADVAE_SERVER_METRICS_VERSION_STATISTICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace advae {

// How the time of a request was spent.
struct RequestTimes {
  absl::Duration input = {};    // checks, and making rows of tensors or a table
  absl::Duration queue = {};    // until a scoring thread took the first row
  absl::Duration scoring = {};  // from then on until the last row was scored
  absl::Duration output = {};   // verdicts, explanations and the answer

  absl::Duration total() const { return input + queue + scoring + output; }
};

// What a server has scored with one version since it was loaded. Takes some 1 KiB. Thread-safe:
// nobody waits for anybody.
class VersionStatistics {
 public:
  // Batches with more rows are not told apart by their size.
  static constexpr size_t kMaxListedRows = 64;

  // A request with so many rows was answered.
  void CountAnswer(size_t rows, const RequestTimes& times);
  // A request ended with an error after `elapsed`.
  void CountError(absl::Duration elapsed);
  // A batch of so many rows, at least one, was scored in `elapsed`; `now` is of the wall clock.
  void CountBatch(size_t rows, absl::Duration elapsed, absl::Time now);

  struct Batches {
    size_t rows = 0;  // of each
    uint64_t count = 0;
    absl::Duration scoring;
  };
  struct Counts {
    uint64_t answers = 0;
    uint64_t rows = 0;  // of the answers
    RequestTimes times;
    uint64_t errors = 0;
    absl::Duration error_time;
    uint64_t batches = 0;
    absl::Time last_batch = absl::InfinitePast();
    // Those with up to kMaxListedRows rows, of sizes that there were, by size.
    std::vector<Batches> by_rows;
  };
  // What is counted meanwhile may be in some of the counts and not in others.
  Counts counts() const;

 private:
  using Count = std::atomic<uint64_t>;

  struct BatchCounts {
    Count count = 0;
    Count scoring = 0;  // nanoseconds, as all times
  };

  Count answers_ = 0;
  Count rows_ = 0;
  Count input_ = 0;
  Count queue_ = 0;
  Count scoring_ = 0;
  Count output_ = 0;
  Count errors_ = 0;
  Count error_time_ = 0;
  Count batches_ = 0;
  std::atomic<int64_t> last_batch_ = 0;              // milliseconds since the epoch; 0 for never
  std::array<BatchCounts, kMaxListedRows> by_rows_;  // by rows - 1
};

}  // namespace advae

#endif  // ADVAE_SERVER_METRICS_VERSION_STATISTICS_H_
