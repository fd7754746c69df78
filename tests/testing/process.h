#ifndef ADVAE_TESTS_TESTING_PROCESS_H_
#define ADVAE_TESTS_TESTING_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/testing/output_collector.h"

namespace advae::testing {

// How long a test waits for something that should happen at once before it fails.
inline constexpr absl::Duration kLimit = absl::Seconds(60);

struct ProcessOptions {
  std::filesystem::path program;
  // Those after the program's name.
  std::vector<std::string> arguments = {};
  // Added to the variables of this process.
  std::vector<std::pair<std::string, std::string>> environment = {};
  // Default: that of this process.
  std::optional<std::filesystem::path> working_folder = {};
  // All of the standard input, unless `input_pipe` is set.
  std::string input = {};
  // The reading end of a pipe for the standard input, and the writing end of one for descriptor 3.
  // Both stay the caller's. The child gets no other descriptors.
  std::optional<int> input_pipe = {};
  std::optional<int> event_pipe = {};
};

// How a process ended.
struct ProcessEnd {
  std::optional<int> exit_code;  // set when it exited by itself
  std::optional<int> signal;     // set when a signal ended it

  bool operator==(const ProcessEnd&) const = default;
};

inline ProcessEnd Exited(int code) { return {.exit_code = code, .signal = {}}; }
inline ProcessEnd Killed(int signal) { return {.exit_code = {}, .signal = signal}; }

// A child process whose output is captured. The destructor kills it and the processes that it
// started, unless they have left its process group. Not thread-safe.
class Process {
 public:
  // kInternal when the program cannot be started.
  static absl::StatusOr<std::unique_ptr<Process>> Start(const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // The next line of the standard output, without its end; empty at the end of the output.
  // kDeadlineExceeded when none comes within the limit.
  absl::StatusOr<std::optional<std::string>> ReadLine(absl::Duration limit = kLimit);

  // All that was written up to now, and up to the end once Wait has returned. The output includes
  // the lines that were read.
  std::string output() const { return output_.text(); }
  std::string errors() const { return errors_.text(); }

  // Waits until the standard error has `text`. kDeadlineExceeded when that does not happen within
  // the limit, kOutOfRange when the standard error is closed before.
  absl::Status WaitForError(const std::string& text, absl::Duration limit = kLimit) {
    return errors_.WaitFor(text, limit);
  }

  // Sends a signal to the process, not to those that it started.
  void Signal(int number);
  // Kills the process and those that it started, all at once.
  void KillAll();

  // Waits for the end of the process and of its output. kDeadlineExceeded when it does not end
  // within the limit.
  absl::StatusOr<ProcessEnd> Wait(absl::Duration limit = kLimit);

  // The processes that this one has started and that have not been waited for.
  std::vector<pid_t> Children() const;

 private:
  Process(pid_t pid, int output, int errors) : pid_(pid), output_(output), errors_(errors) {}

  const pid_t pid_;
  OutputCollector output_;
  OutputCollector errors_;
  std::optional<ProcessEnd> end_;
};

// Waits for the end of a process that need not be a child. kDeadlineExceeded when it does not end
// within the limit.
absl::Status WaitForEnd(pid_t pid, absl::Duration limit = kLimit);

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_PROCESS_H_
