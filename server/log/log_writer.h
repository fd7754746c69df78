#ifndef ADVAE_SERVER_LOG_LOG_WRITER_H_
#define ADVAE_SERVER_LOG_LOG_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"

namespace advae {

// Writes lines to a descriptor on a thread of its own: a reader that stops reading, or a disk that
// hangs, holds up nobody who logs. Lines beyond the bound are dropped and counted. Thread-safe.
class LogWriter {
 public:
  // A line that tells how many were dropped. It is written once all others are.
  using DroppedLine = std::function<std::string(uint64_t count)>;

  // Keeps up to `max_bytes` of lines that are not written yet. `descriptor` stays the caller's.
  LogWriter(int descriptor, size_t max_bytes, DroppedLine dropped_line);
  // Waits until all lines are written, also if that is for ever: see Flush.
  ~LogWriter();

  // Has `line` and a line feed written. Does not block.
  void Write(std::string line) ABSL_LOCKS_EXCLUDED(mutex_);
  // Counts a line that was dropped before it came here.
  void Drop() ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until the lines written so far have left, or until `limit` has passed; whether they have
  // left.
  bool Flush(absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);

  // Lines that were dropped, for want of room or since the descriptor refused them.
  uint64_t dropped() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run();
  bool HasNews() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || !lines_.empty(); }
  // False when the descriptor refuses the line.
  bool WriteLine(const std::string& line) const;

  const int descriptor_;
  const size_t max_bytes_;
  const DroppedLine dropped_line_;

  mutable absl::Mutex mutex_;
  SteadyCondVar written_;  // done_ has grown
  std::deque<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;       // of `lines_`, and of the one being written
  uint64_t accepted_ ABSL_GUARDED_BY(mutex_) = 0;  // lines
  uint64_t done_ ABSL_GUARDED_BY(mutex_) = 0;      // those of them that have left
  uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t untold_ ABSL_GUARDED_BY(mutex_) = 0;  // dropped, and not told about
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_LOG_LOG_WRITER_H_
