#ifndef ADVAE_TESTS_TESTING_OUTPUT_COLLECTOR_H_
#define ADVAE_TESTS_TESTING_OUTPUT_COLLECTOR_H_

#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace advae::testing {

// Reads a pipe to its end on a thread of its own, so that who writes to it never blocks.
// Thread-safe.
class OutputCollector {
 public:
  // Takes the read end of the pipe.
  explicit OutputCollector(int descriptor);
  // Waits for the end of the pipe: until all have closed its write end.
  ~OutputCollector();
  OutputCollector(const OutputCollector&) = delete;
  OutputCollector& operator=(const OutputCollector&) = delete;

  // All that has arrived.
  std::string text() const;

  // The next line, without its end; empty when there are no more. kDeadlineExceeded when none
  // arrives within the limit.
  absl::StatusOr<std::optional<std::string>> NextLine(absl::Duration limit);

  // Waits until `wanted` has arrived. kDeadlineExceeded; kOutOfRange at the end of the pipe.
  absl::Status WaitFor(const std::string& wanted, absl::Duration limit) const;

  // Waits for the end of the pipe. kDeadlineExceeded.
  absl::Status WaitForEnd(absl::Duration limit) const;

 private:
  void Read(int descriptor);

  mutable absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  size_t next_line_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_OUTPUT_COLLECTOR_H_
