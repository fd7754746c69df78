#ifndef ADVAE_CLIENT_CLI_TRAINING_PROGRESS_H_
#define ADVAE_CLIENT_CLI_TRAINING_PROGRESS_H_

#include <cstdint>
#include <ostream>

#include "advae/v1/detector.pb.h"

namespace advae {

// Shows how a training goes: on a terminal as a bar that is redrawn in place, elsewhere as a line
// for each tenth of the work, so that logs stay short.
class TrainingProgress {
 public:
  // `out` outlives the object.
  TrainingProgress(std::ostream& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}

  void Show(const v1::TrainResponse& event);
  // Leaves the bar's line. Call when the training is over, well or not.
  void Finish();

 private:
  void ShowAccepted(const v1::TrainAccepted& accepted);
  void ShowProgress(const v1::TrainProgress& progress);

  std::ostream& out_;
  bool is_terminal_;
  bool bar_is_drawn_ = false;
  uint32_t tenths_shown_ = 0;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_TRAINING_PROGRESS_H_
