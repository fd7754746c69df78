#ifndef ADVAE_MODEL_TRAINING_ENSEMBLE_PROGRESS_H_
#define ADVAE_MODEL_TRAINING_ENSEMBLE_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"

namespace advae {

// Puts the reports of members that train side by side together to that of the ensemble. Knows no
// clock. Not thread-safe.
class EnsembleProgress {
 public:
  // Of `members` members, of which up to `threads` train at a time; each at least 1.
  EnsembleProgress(uint32_t members, uint32_t threads);

  // What is to be told when `member` reports `progress` after it has trained for `elapsed`: the
  // epochs of all members together, the losses averaged over those in training and their rows a
  // second added up, and the time left when the members that are still to come take as long as
  // this one.
  v1::TrainProgress Add(uint32_t member, const v1::TrainProgress& progress, absl::Duration elapsed);

 private:
  struct Member {
    bool has_reported = false;
    v1::TrainProgress last;
  };

  std::vector<Member> members_;
  const uint32_t threads_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_ENSEMBLE_PROGRESS_H_
