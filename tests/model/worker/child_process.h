#ifndef ADVAE_TESTS_MODEL_WORKER_CHILD_PROCESS_H_
#define ADVAE_TESTS_MODEL_WORKER_CHILD_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace advae::testing {

// A program with pipes on its standard input, standard output, standard error and file descriptor
// 3. Not thread-safe.
class ChildProcess {
 public:
  // Starts `arguments[0]`. Aborts when the system refuses. Without `with_events` the child has no
  // file descriptor 3.
  explicit ChildProcess(const std::vector<std::string>& arguments, bool with_events = true);
  // Kills the child if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Refuses the child more memory than this many bytes from now on.
  void LimitData(uint64_t bytes);

  void Write(const std::string& bytes);
  void CloseInput();
  void CloseEvents();

  // The reading end of file descriptor 3.
  int events() const { return events_; }

  // Everything that comes until the child closes the stream.
  std::string ReadOutput();
  std::string ReadErrors();

  // Waits for the end; the exit code, or empty when a signal ended the child.
  std::optional<int> Wait();

 private:
  pid_t pid_ = 0;
  bool running_ = true;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  int events_ = -1;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_WORKER_CHILD_PROCESS_H_
