#ifndef ADVAE_TESTS_TESTING_HANGING_VOLUME_H_
#define ADVAE_TESTS_TESTING_HANGING_VOLUME_H_

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace advae::testing {

// A volume that hangs, for the encoder of each upload in the repository's staging folder: FIFOs
// that nobody reads until the object's end.
class HangingVolume {
 public:
  explicit HangingVolume(const std::filesystem::path& repository)
      : staging_(repository / ".staging") {}
  ~HangingVolume() { Recover(); }

  // False when there are not that many uploads before long.
  bool Hang(size_t uploads) {
    const absl::Time end = absl::Now() + absl::Minutes(1);
    while (fifos_.size() < uploads) {
      if (absl::Now() > end) return false;
      std::error_code error;
      for (const auto& folder : std::filesystem::directory_iterator(staging_, error)) {
        const std::filesystem::path fifo = folder.path() / "encoder";
        if (mkfifo(fifo.c_str(), 0600) == 0) fifos_.push_back(fifo);
      }
    }
    return true;
  }

  void Recover() {
    // Those who wait to open it for writing go on.
    for (const auto& fifo : fifos_) readers_.push_back(open(fifo.c_str(), O_RDONLY | O_NONBLOCK));
    fifos_.clear();
  }
  // After the server has stopped, as it writes into them.
  void Close() {
    for (const int reader : readers_) close(reader);
    readers_.clear();
  }

 private:
  const std::filesystem::path staging_;
  std::vector<std::filesystem::path> fifos_;
  std::vector<int> readers_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_HANGING_VOLUME_H_
