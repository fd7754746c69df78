#ifndef ADVAE_MODEL_SCORING_SCORER_H_
#define ADVAE_MODEL_SCORING_SCORER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/neighborhood/neighborhood_memory.h"
#include "model/neighborhood/neighborhood_stage.h"
#include "model/neighborhood/scoring_breaks.h"
#include "model/scoring/ensemble.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/missing_values.h"
#include "model/scoring/scaler.h"
#include "model/scoring/scoring_kernel.h"
#include "model/simd/instruction_set.h"

namespace advae {

// What one thread needs of memory to score; keeping it spares allocations. Any scorer may use it.
struct ScoringMemory {
  std::vector<float> scaled;
  std::vector<float> imputed;        // the same, where values are missing and there is no memory
  std::vector<float> reconstructed;  // by one member
  std::vector<double> residual;      // of one row
  std::vector<double> whitened;
  KernelMemory kernel;
  StageScratch neighborhood;
};

// Where a scorer puts what explains the scores of n rows, row-major. Each may be empty.
struct RowDetails {
  // [n, d]. What the version expects of the row, in scaled units: the mean of the members' averaged
  // reconstructions r_i, weighted as their errors are, sum_i w_i r_i / sum_i w_i.
  std::span<float> expected = {};
  // [n, d]. What each feature adds to the score, sum_i w_i e_ij^2.
  std::span<double> contributions = {};
  // [n, nearest_count]. The training rows nearest to each, nearest first. For a version with a
  // memory only.
  std::span<NearestRow> nearest = {};
  size_t nearest_count = 0;  // at most Scorer::max_nearest_rows()

  // Of the rows [first, first + count) with `columns` features.
  RowDetails Slice(size_t first, size_t count, size_t columns) const;
};

// Scores rows by the squared error of their averaged reconstruction (Wang et al. 2019,
// Eq. 11-12), with the points eps_l of a latent plan as the standard-normal draws. The members i of
// an ensemble share the plan, and their errors are added with the members' weights w_i:
//
//   (mu_i, log sigma_i^2) = E_i(x)
//   r_i = (1/L) sum_l G_i(mu_i + sigma_i * eps_l)
//   e_i = x - r_i, or W_i (x - r_i) for a member with a whitening
//   s = sum_i w_i sum_j e_ij^2
//
// x is the scaled row. Rows with missing values are scored as MissingValues says. The average over
// the draws is taken first, the square after. With the one member of the paper, weight 1 and no
// whitening, s is the paper's score.
//
// A score is a pure function of the row: the same bits in every batch, thread and process of one
// machine. It is finite for every finite row. Immutable and thread-safe; memory use in Score is
// bounded whatever n and L.
class Scorer {
 public:
  // kInvalidArgument when the ensemble is not valid, or the sizes of members, scaler and plan do
  // not agree. `set` is one of SupportedInstructionSets().
  static absl::StatusOr<std::unique_ptr<const Scorer>> Create(const Ensemble& ensemble,
                                                              MinMaxScaler scaler,
                                                              const LatentPlan& plan,
                                                              InstructionSet set);
  // With the fastest instruction set.
  static absl::StatusOr<std::unique_ptr<const Scorer>> Create(const Ensemble& ensemble,
                                                              MinMaxScaler scaler,
                                                              const LatentPlan& plan) {
    return Create(ensemble, std::move(scaler), plan, SupportedInstructionSets().front());
  }
  // With a neighbourhood too, if there is one, and with missing values, if it is to take them.
  // kInvalidArgument also when one of them is not valid, or of other features.
  static absl::StatusOr<std::unique_ptr<const Scorer>> Create(
      const Ensemble& ensemble, MinMaxScaler scaler, const LatentPlan& plan,
      std::optional<Neighborhood> neighborhood,
      std::optional<MissingValues> missing = std::nullopt);

  size_t features() const { return scaler_.columns(); }  // d
  // Multiply-adds of a row in the dense networks of all members and in the searches of a memory:
  // what a row costs, on any machine.
  size_t multiply_adds() const { return multiply_adds_; }
  // Training rows that can be named for each row; 0 without a memory.
  size_t max_nearest_rows() const {
    return neighborhood_ == nullptr ? 0 : neighborhood_->member().max_nearest_rows();
  }

  // Whether a NaN in a row stands for a missing value.
  bool takes_missing() const { return missing_.has_value(); }

  // Scores `rows`, in the units of the training rows, into `scores` (size rows.rows). All values
  // are finite, or NaN where takes_missing(), and rows.columns equals features().
  //
  // With `details`, the score is the sum of the row's contributions but for rounding.
  void Score(MatrixView rows, std::span<double> scores, const RowDetails& details,
             ScoringMemory& memory) const;
  // The same with breaks. False when one of them ended it: scores and details are undefined.
  bool Score(MatrixView rows, std::span<double> scores, const RowDetails& details,
             ScoringMemory& memory, const ScoringBreaks& breaks) const;
  // The same with memory of its own.
  void Score(MatrixView rows, std::span<double> scores, const RowDetails& details = {}) const;

  const MinMaxScaler& scaler() const { return scaler_; }

 private:
  struct Member {
    std::unique_ptr<const ScoringKernel> kernel;
    double weight;
    std::vector<float> whitening;
  };

  Scorer(MinMaxScaler scaler, std::vector<Member> members, size_t multiply_adds);

  static absl::StatusOr<std::unique_ptr<Scorer>> CreateWithoutMemory(const Ensemble& ensemble,
                                                                     MinMaxScaler scaler,
                                                                     const LatentPlan& plan,
                                                                     InstructionSet set);

  bool ScoreTiles(MatrixView rows, std::span<double> scores, const RowDetails& details,
                  ScoringMemory& memory, BreakCounter breaks) const;
  // Scores the scaled rows at the start of `memory`, as many as `scores` has. False when `breaks`
  // ended it.
  bool ScoreTile(std::span<double> scores, const RowDetails& details, ScoringMemory& memory,
                 BreakCounter& breaks) const;
  // What the networks see of `scaled` rows: copies when a value is missing.
  const float* NetworkInput(std::span<const float> scaled, ScoringMemory& memory) const;
  // Adds what `member`, whose reconstructions are in `memory`, contributes to scores and details.
  void AddMember(const Member& member, bool has_missing, std::span<double> scores,
                 const RowDetails& details, ScoringMemory& memory) const;
  // Adds what unusual missing values do.
  void AddUnusual(std::span<const float> scaled, std::span<double> scores,
                  const RowDetails& details) const;

  const MinMaxScaler scaler_;
  const std::vector<Member> members_;
  const double weight_sum_;
  double unusual_error_;  // of a value that is missing where none was in training
  size_t multiply_adds_;
  std::unique_ptr<const NeighborhoodStage> neighborhood_;  // null without a memory
  std::optional<MissingValues> missing_;
  std::vector<float> imputed_;  // of missing_, scaled
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_SCORER_H_
