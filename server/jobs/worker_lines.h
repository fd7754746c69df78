#ifndef ADVAE_SERVER_JOBS_WORKER_LINES_H_
#define ADVAE_SERVER_JOBS_WORKER_LINES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/log/log_limiter.h"

namespace advae {

// Logs what one worker process writes for people: each line as a warning with its model's name, cut
// after kMaxLineBytes, at most kLinesPerSecond of them, so that no worker forges a line of the log
// or floods it. Not thread-safe.
class WorkerLines {
 public:
  static constexpr size_t kMaxLineBytes = 1024;
  static constexpr int kLinesPerSecond = 20;

  explicit WorkerLines(std::string model) : model_(std::move(model)), limiter_(kLinesPerSecond) {}

  // Takes the next bytes. `now` is a steady time.
  void Take(std::string_view bytes, absl::Time now);
  // The worker has written all. A last line without an end is one, too.
  void End(absl::Time now);

 private:
  void Append(std::string_view part);
  void LogLine(absl::Time now);

  const std::string model_;
  LogLimiter limiter_;
  std::string line_;       // that has not ended yet, up to the limit
  size_t line_bytes_ = 0;  // of all of it
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_WORKER_LINES_H_
