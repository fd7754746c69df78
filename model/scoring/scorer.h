#ifndef ADVAE_MODEL_SCORING_SCORER_H_
#define ADVAE_MODEL_SCORING_SCORER_H_

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/scoring/instruction_set.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/scaler.h"
#include "model/scoring/scoring_kernel.h"

namespace advae {

// What one thread needs of memory to score; keeping it spares allocations. Any scorer may use it.
struct ScoringMemory {
  std::vector<float> scaled;
  std::vector<float> reconstructed;
  KernelMemory kernel;
};

// Scores rows by the squared error of their averaged reconstruction (Wang et al. 2019,
// Eq. 11-12), with the points eps_l of a latent plan as the standard-normal draws:
//
//   (mu, log sigma^2) = E(x)
//   r = (1/L) sum_l G(mu + sigma * eps_l)
//   s = sum_j (x_j - r_j)^2
//
// x is the scaled row. The average is taken first, the square after.
//
// A score is a pure function of the row: the same bits in every batch, thread and process of one
// machine. It is finite for every finite row. Immutable and thread-safe; memory use in Score is
// bounded whatever n and L.
class Scorer {
 public:
  // kInvalidArgument when the sizes of weights, scaler and plan do not agree, or the weights are
  // not valid. `set` is one of SupportedInstructionSets().
  static absl::StatusOr<std::unique_ptr<const Scorer>> Create(const NetworkWeights& weights,
                                                              MinMaxScaler scaler,
                                                              const LatentPlan& plan,
                                                              InstructionSet set);
  // With the fastest instruction set.
  static absl::StatusOr<std::unique_ptr<const Scorer>> Create(const NetworkWeights& weights,
                                                              MinMaxScaler scaler,
                                                              const LatentPlan& plan) {
    return Create(weights, std::move(scaler), plan, SupportedInstructionSets().front());
  }

  size_t features() const { return scaler_.columns(); }  // d
  // Multiply-adds of a row in the dense networks: what a row costs, on any machine.
  size_t multiply_adds() const { return multiply_adds_; }

  // Scores `rows`, in the units of the training rows, into `scores` (size rows.rows). All values
  // are finite and rows.columns equals features().
  //
  // When `reconstructions` is not empty it has size rows * columns and receives the averaged
  // reconstruction r of each row, in scaled units and row-major; the score is exactly the sum, in
  // order of j, of the squared differences between these values and the scaled row.
  void Score(MatrixView rows, std::span<double> scores, std::span<float> reconstructions,
             ScoringMemory& memory) const;
  // The same with memory of its own.
  void Score(MatrixView rows, std::span<double> scores,
             std::span<float> reconstructions = {}) const;

  const MinMaxScaler& scaler() const { return scaler_; }

 private:
  Scorer(MinMaxScaler scaler, std::unique_ptr<const ScoringKernel> kernel, size_t multiply_adds);

  const MinMaxScaler scaler_;
  const std::unique_ptr<const ScoringKernel> kernel_;
  const size_t multiply_adds_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_SCORER_H_
