#ifndef ADVAE_EXPERIMENTS_PEERS_PEER_PROCESS_H_
#define ADVAE_EXPERIMENTS_PEERS_PEER_PROCESS_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "model/base/file_descriptor.h"
#include "model/data/matrix.h"

namespace advae {

// A Python process that fits scikit-learn's detectors and scores with them, by the protocol of
// sklearn_peers.py. Thread-safe: requests are answered one after the other. Ends with its object.
class PeerProcess {
 public:
  // Debian's, for which the package python3-sklearn is.
  static constexpr char kPython[] = "/usr/bin/python3";

  // Returns when the libraries are loaded, after a second or two. kFailedPrecondition when `python`
  // cannot be started or has no scikit-learn; the message names the package.
  static absl::StatusOr<std::unique_ptr<PeerProcess>> Start(const std::string& python);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  // A detector that the process keeps until it is dropped.
  struct Fitted {
    uint64_t id = 0;
    std::vector<double> training_scores = {};  // one a row
  };
  // kInvalidArgument with scikit-learn's words when it rejects the rows; kInternal when the process
  // has ended.
  absl::StatusOr<Fitted> Fit(const std::string& detector, uint64_t seed, MatrixView rows);
  // One score a row. `id` is fitted. Errors as in Fit.
  absl::StatusOr<std::vector<double>> Score(uint64_t id, MatrixView rows);
  void Drop(uint64_t id);

 private:
  PeerProcess(pid_t pid, FileDescriptor socket) : pid_(pid), socket_(std::move(socket)) {}

  // Sends the line and the rows, and receives the scores.
  absl::StatusOr<std::vector<double>> Ask(const std::string& line, MatrixView rows);

  const pid_t pid_;
  std::atomic<uint64_t> last_id_ = 0;
  absl::Mutex mutex_;  // of one request
  FileDescriptor socket_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_PEERS_PEER_PROCESS_H_
