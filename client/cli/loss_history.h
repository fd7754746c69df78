#ifndef ADVAE_CLIENT_CLI_LOSS_HISTORY_H_
#define ADVAE_CLIENT_CLI_LOSS_HISTORY_H_

#include <cstdint>
#include <vector>

#include "advae/v1/detector.pb.h"
#include "report/report_page.h"

namespace advae {

// The losses that a training reports on its way, as charts. Not thread-safe.
class LossHistory {
 public:
  // Takes each event of a training, in order.
  void Add(const v1::TrainResponse& event);

  // Loss terms over the epochs of all members: losses, reconstruction errors, divergences, hinges,
  // and shares of rows with an active hinge. Lines break where another member begins. Terms that
  // the objective does not use are left out, and charts without any.
  std::vector<LineChart> Charts() const;

 private:
  uint32_t member_epochs_ = 0;              // of one member; 0 while unknown
  std::vector<v1::TrainProgress> reports_;  // of completed epochs, one each
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_LOSS_HISTORY_H_
