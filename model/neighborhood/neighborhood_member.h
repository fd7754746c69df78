#ifndef ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_MEMBER_H_
#define ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_MEMBER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "model/neighborhood/neighborhood_memory.h"
#include "model/neighborhood/scoring_breaks.h"
#include "model/simd/instruction_set.h"
#include "model/simd/neighbor_search.h"

namespace advae {

// What a thread needs to score by a neighbourhood, and what the last scoring found; worth keeping.
struct NeighborhoodScratch {
  std::vector<float> ranked;               // the rows in rank space, [count, d]
  std::vector<Neighbor> scaled_neighbors;  // [count, k] of scaled space
  std::vector<Neighbor> ranked_neighbors;  // [count, k] of rank space
  std::vector<float> ranked_neighbor;      // [d], one of these, for an explanation
  std::vector<Neighbor> nearest;           // [count], of rows with missing values
  NeighborSearchMemory search;
};

// Scores of one row by its neighbourhood; at least 0 and finite, and the higher, the lonelier.
struct NeighborhoodScores {
  // To the nearest remembered row, in scaled units.
  double distance = 0;
  // The mean distance to the nearest remembered rows, over the mean distance of those to their own
  // (NeighborhoodMemory), in scaled and in rank space: about 1 for a row as close to others as its
  // neighbours are, as in the local outlier factor (Breunig et al. 2000) without its reachability.
  double scaled_ratio = 0;
  double ranked_ratio = 0;
};

// A remembered training row near a row that was scored.
struct NearestRow {
  uint32_t training_row = 0;  // its index among the training rows, in their order
  double distance = 0;        // in scaled units

  friend bool operator==(const NearestRow&, const NearestRow&) = default;
};

// Scores rows by exact search of the training rows that a version remembers. A score is a pure
// function of the row. Immutable and thread-safe; O(n d) for each row.
class NeighborhoodMember {
 public:
  // kInvalidArgument for a memory that is not valid. `set` is one of SupportedInstructionSets().
  static absl::StatusOr<std::unique_ptr<const NeighborhoodMember>> Create(NeighborhoodMemory memory,
                                                                          InstructionSet set);

  size_t features() const { return memory_.rows.columns; }  // d
  // Multiply-adds of a row in one search; a row is scored by two, and its missing values estimated
  // by one.
  size_t search_multiply_adds() const { return memory_.rows.values.size(); }
  const NeighborhoodMemory& memory() const { return memory_; }

  // Puts those of the nearest remembered row in the place of the missing values (NaN) of `count`
  // rows, row-major [count, d], and those of `otherwise` [d] in a row without any value. False when
  // `breaks` ended it.
  bool Impute(std::span<float> scaled, size_t count, std::span<const float> otherwise,
              NeighborhoodScratch& scratch, BreakCounter& breaks) const;

  // Scores `scaled` rows, row-major [scores.size(), d]. False when `breaks` ended it.
  bool Score(const float* scaled, std::span<NeighborhoodScores> scores,
             NeighborhoodScratch& scratch, BreakCounter& breaks) const;

  // The nearest remembered rows of a row, as many as Score() looks for and the nearest first, and
  // their radii, as they are or as they would be.
  struct Surroundings {
    std::span<const Neighbor> rows;
    std::span<const float> radii;
  };
  // The scores of a row with these in scaled and in rank space.
  NeighborhoodScores ScoresOf(const Surroundings& scaled, const Surroundings& ranked) const;

  // Of row `i` of the last scoring with `scratch`, whose rows were `scaled`. Each feature's share
  // of a squared distance, [d], sums to 1: to the nearest row, and to the neighbours of either
  // space, with the same weight for each feature when all distances are 0.
  void DistanceShares(const float* scaled, size_t i, const NeighborhoodScratch& scratch,
                      std::span<double> shares) const;
  void ScaledRatioShares(const float* scaled, size_t i, const NeighborhoodScratch& scratch,
                         std::span<double> shares) const;
  void RankedRatioShares(size_t i, NeighborhoodScratch& scratch, std::span<double> shares) const;
  // The mean of the neighbours in scaled space, [d], in scaled units.
  void Expected(size_t i, const NeighborhoodScratch& scratch, std::span<float> expected) const;
  // Training rows that NearestTrainingRows can tell of: kScaledNeighbors, or all but one.
  size_t max_nearest_rows() const { return scaled_k_; }
  // The training rows that are nearest in scaled space, nearest first, those with equal distances
  // in their order. `nearest.size()` of them, at most max_nearest_rows().
  void NearestTrainingRows(size_t i, const NeighborhoodScratch& scratch,
                           std::span<NearestRow> nearest) const;

 private:
  NeighborhoodMember(NeighborhoodMemory memory, InstructionSet set);

  // Over the `count` nearest in scaled space.
  void ScaledShares(const float* scaled, size_t i, size_t count, const NeighborhoodScratch& scratch,
                    std::span<double> shares) const;

  const NeighborhoodMemory memory_;
  const size_t scaled_k_;
  const size_t ranked_k_;
  // Added to both sides of a ratio, so that duplicates in training make no division by 0.
  const double scaled_slack_;
  const double ranked_slack_;
  const std::unique_ptr<const NeighborSearch> scaled_search_;
  const std::unique_ptr<const NeighborSearch> ranked_search_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_MEMBER_H_
