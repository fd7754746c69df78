#ifndef ADVAE_MODEL_NETWORKS_PERCEPTRON_PASS_H_
#define ADVAE_MODEL_NETWORKS_PERCEPTRON_PASS_H_

// Private to model/networks, model/training and tests: needs LibTorch.

#include <array>

#include "model/networks/activations.h"
#include "model/networks/perceptron.h"
#include "model/simd/matrix_product.h"

namespace advae {

// The forward and backward pass of one network over a batch. Written out instead of recorded by
// autograd: at these sizes, LibTorch's work for each recorded operation takes longer than the
// operation, the memory of the activations can be kept, and nothing is computed that a step does
// not need.
//
// Back-propagation, for y = f(a), a = x W^T + b and the gradient dy of the loss by y:
//   da = dy f'(a),  dW = da^T x,  db = the sum of da over the rows,  dx = da W.
class PerceptronPass {
 public:
  // All arguments are shared, not copied. `input` and `output` have the same number of rows.
  PerceptronPass(const Perceptron& network, const Activations& input, const Activations& output);

  // Computes the output of `rows` from their input.
  void Forward(RowRange rows);

  // What a backward pass computes. Both start from the gradient of the output of `rows`, which they
  // use up, and need the values that Forward() left there. The input's gradient is not touched
  // unless it is asked for.
  void BackwardToInput(RowRange rows);
  // Sets the gradients of the network's parameters to those over `rows`.
  void BackwardToParameters(RowRange rows);
  void BackwardToInputAndParameters(RowRange rows);

 private:
  // From the gradient of a layer's output to that of what its activation is applied to, in place.
  void ApplyActivationGradient(int layer, RowRange rows);
  void SetParameterGradients(int layer, RowRange rows);
  void PropagateToInput(int layer, RowRange rows);

  Perceptron network_;
  std::array<Activations, Perceptron::kLayers + 1> activations_;  // input, hidden layers, output
  MatrixProduct product_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_NETWORKS_PERCEPTRON_PASS_H_
