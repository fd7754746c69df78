#ifndef ADVAE_MODEL_SIMD_VECTOR_LOOPS_H_
#define ADVAE_MODEL_SIMD_VECTOR_LOOPS_H_

// The loops over whole buffers that training spends time in beside matrix products, each compiled
// for several instruction sets; the best that the processor has is chosen when the program starts.

#include <cstddef>
#include <span>

namespace advae {

// rows[i][j] += bias[j]; with `rectify`, max(0, rows[i][j] + bias[j]). `rows` holds rows of the
// size of `bias`, one after the other.
void AddBias(std::span<const float> bias, bool rectify, std::span<float> rows);

// gradients[i] = 0 where values[i] is not positive: the derivative of a rectifier with the outputs
// `values`. Both have the same size.
void MaskByRectifier(std::span<const float> values, std::span<float> gradients);

// sums[j] = the sum of rows[i][j] over i, with `rows` as for AddBias.
void SumRows(std::span<const float> rows, std::span<float> sums);

// results[i] = e^values[i], within two units in the last place. Both have the same size.
void Exponentials(std::span<const float> values, std::span<float> results);

// What one step of Adam needs beside the buffers; see Optimizer.
struct AdamCoefficients {
  float beta1;
  float beta2;
  float step_size;  // alpha / (1 - beta1^t)
  float scale;      // 1 / sqrt(1 - beta2^t)
  float epsilon;
};
// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
// theta -= step_size m / (sqrt(v) scale + epsilon), for each element of the `size` elements.
void StepAdam(const AdamCoefficients& coefficients, const float* g, float* m, float* v,
              float* theta, size_t size);

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_VECTOR_LOOPS_H_
