#ifndef ADVAE_CLIENT_CLI_TRAINING_PROGRESS_H_
#define ADVAE_CLIENT_CLI_TRAINING_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <utility>

#include "advae/v1/detector.pb.h"

namespace advae {

// Shows what is trained on (SchemaLines), and how it goes: on a terminal as a bar that is redrawn
// in place, elsewhere as a line for each tenth of the work, so that logs stay short. No line of
// these is wider than the terminal, or 80 characters elsewhere: what does not fit is left out.
class TrainingProgress {
 public:
  // `out` outlives the object. `columns` tells how wide the terminal is; unset: `out` is none.
  TrainingProgress(std::ostream& out, std::function<size_t()> columns)
      : out_(out), columns_(std::move(columns)) {}

  void Show(const v1::TrainResponse& event);
  // Leaves the bar's line. Call when the training is over, well or not.
  void Finish();

 private:
  void ShowAccepted(const v1::TrainAccepted& accepted);
  void ShowProgress(const v1::TrainProgress& progress);

  std::ostream& out_;
  std::function<size_t()> columns_;
  bool bar_is_drawn_ = false;
  uint32_t tenths_shown_ = 0;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_TRAINING_PROGRESS_H_
