#ifndef ADVAE_SERVER_BASE_FILE_WATCH_H_
#define ADVAE_SERVER_BASE_FILE_WATCH_H_

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "server/base/steady_notification.h"

namespace advae {

// Looks at files every now and then and tells when one of them is another than it was: replaced,
// written, gone or come, or with other permissions. Links are followed, so that a switch of links
// is seen. On a thread of its own, which may hang with the disk.
class FileWatch {
 public:
  // What changes from now on counts.
  explicit FileWatch(std::vector<std::filesystem::path> files);
  // Waits for a call of `on_change`.
  ~FileWatch();

  // Begins to look, once. `on_change` is called on the watch's thread, once for all that changed
  // since the last look, and again at each look until it returns true: what a file has cannot
  // always be read at once.
  void Start(absl::Duration interval, std::function<bool()> on_change);

 private:
  // What tells one state of a file from another.
  struct State {
    dev_t device = 0;
    ino_t inode = 0;
    int64_t size = 0;
    int64_t modified_nanoseconds = 0;
    int64_t changed_nanoseconds = 0;  // the file or its permissions

    bool operator==(const State&) const = default;
  };

  static std::optional<State> StateOf(const std::filesystem::path& file);
  std::vector<std::optional<State>> States() const;
  void Run(absl::Duration interval, const std::function<bool()>& on_change);

  const std::vector<std::filesystem::path> files_;
  std::vector<std::optional<State>> seen_;
  SteadyNotification stop_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_FILE_WATCH_H_
