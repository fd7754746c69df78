#ifndef ADVAE_CLIENT_CLI_REPORT_LOSS_HISTORY_H_
#define ADVAE_CLIENT_CLI_REPORT_LOSS_HISTORY_H_

#include <array>
#include <cstdint>
#include <vector>

#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "report/report_page.h"

namespace advae {

// A hinge of the adversarial objective: its formula, its value, and the share of rows for which it
// is active.
struct Hinge {
  const char* name;
  double (v1::LossTerms::*value)() const;
  double (v1::LossTerms::*active)() const;
};

inline constexpr std::array<Hinge, 4> kHinges = {{
    {"[m_x - MSE(G(z), G(z_T))]+", &v1::LossTerms::margin_x_hinge, &v1::LossTerms::margin_x_active},
    {"[m_z - KLD(E(G(z_T)))]+", &v1::LossTerms::margin_z_hinge, &v1::LossTerms::margin_z_active},
    {"[m_z - KLD(E(x_r))]+", &v1::LossTerms::encoder_reconstruction_hinge,
     &v1::LossTerms::encoder_reconstruction_active},
    {"[m_z - KLD(E(x_Tr))]+", &v1::LossTerms::encoder_transformed_hinge,
     &v1::LossTerms::encoder_transformed_active},
}};

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

#endif  // ADVAE_CLIENT_CLI_REPORT_LOSS_HISTORY_H_
