#ifndef ADVAE_MODEL_NETWORKS_OPTIMIZER_H_
#define ADVAE_MODEL_NETWORKS_OPTIMIZER_H_

#include <cstdint>
#include <span>
#include <vector>

namespace advae {

// Adam (Kingma and Ba 2015, arXiv:1412.6980, Algorithm 1) with beta_1 = 0.9, beta_2 = 0.999,
// epsilon = 1e-8 and a step size alpha that is given at each step t:
//
//   m_t = beta_1 m_{t-1} + (1 - beta_1) g_t
//   v_t = beta_2 v_{t-1} + (1 - beta_2) g_t^2
//   theta_t = theta_{t-1} - alpha (m_t / (1 - beta_1^t)) / (sqrt(v_t / (1 - beta_2^t)) + epsilon)
//
// One pass over each buffer does all of it, where LibTorch's own would take ten.
class Optimizer {
 public:
  // A buffer of parameters theta and the one of their gradients g, of the same size, which outlive
  // the optimizer.
  struct Buffers {
    std::span<float> parameters;
    std::span<const float> gradients;
  };

  explicit Optimizer(std::vector<Buffers> buffers);

  // One step down the gradients as they are now.
  void Step(double learning_rate);

 private:
  struct Moments {
    std::vector<float> first;   // m
    std::vector<float> second;  // v
  };

  std::vector<Buffers> buffers_;
  std::vector<Moments> moments_;  // one for each of buffers_
  int64_t steps_ = 0;             // t
};

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_OPTIMIZER_H_
