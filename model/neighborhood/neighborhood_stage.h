#ifndef ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_STAGE_H_
#define ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_STAGE_H_

#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/neighborhood/neighborhood_member.h"
#include "model/neighborhood/neighborhood_memory.h"
#include "model/neighborhood/scoring_breaks.h"
#include "model/simd/instruction_set.h"

namespace advae {

// What a thread needs for it; worth keeping.
struct StageScratch {
  NeighborhoodScratch neighborhood;
  std::vector<float> unmarked;     // the rows without their marks
  std::vector<float*> incomplete;  // rows with missing values
  std::vector<NeighborhoodScores> scores;
  std::vector<double> shares;   // of one row, by one part
  std::vector<float> expected;  // of one row
};

// Turns the networks' scores of rows into those of a version with a memory:
//
//   s = ScoreOf(mean of z_p),  z_p = PartScale::Standardize of part p's score
//
// over the parts of ScorePart, with equal weights. s is 1 for a row that all parts find as usual as
// the median training row, and grows by 1 with each step as large as that from there to the 90 %
// quantile, or less where a part's upper tail is heavy. It never decreases in any part's score.
//
// Immutable and thread-safe.
class NeighborhoodStage {
 public:
  // kInvalidArgument when memory or scales are not valid.
  static absl::StatusOr<std::unique_ptr<const NeighborhoodStage>> Create(Neighborhood neighborhood,
                                                                         InstructionSet set);

  const NeighborhoodMember& member() const { return *member_; }

  // NeighborhoodMember::Impute for rows, row-major [n, columns], whose first features are those of
  // member(); others are marks (MissingValues).
  bool Impute(std::span<float> scaled, size_t columns, std::span<const float> otherwise,
              StageScratch& scratch, BreakCounter& breaks) const;

  // Replaces `scores`, those of the networks for the rows `scaled` [n, d], whose first features are
  // those of member(); others are marks. `expected` and `contributions` are empty,
  // or hold the networks' [n, d], and become the version's: the mean of what networks and
  // neighbours expect, and shares of s, in proportion to the parts' ScoreOf(z_p), which sum to it.
  // False when `breaks` ended it.
  bool Apply(MatrixView scaled, std::span<double> scores, std::span<float> expected,
             std::span<double> contributions, StageScratch& scratch, BreakCounter& breaks) const;

 private:
  NeighborhoodStage(std::unique_ptr<const NeighborhoodMember> member,
                    const OfParts<PartScale>& scales)
      : member_(std::move(member)), scales_(scales) {}

  // Of row i of the rows without marks. `contributions` are the networks', [d].
  void Explain(const float* rows, size_t i, const OfParts<double>& z, double network_score,
               double score, std::span<double> contributions, StageScratch& scratch) const;

  const std::unique_ptr<const NeighborhoodMember> member_;
  const OfParts<PartScale> scales_;
};

// The parts' scores of a row as z_p.
OfParts<double> Standardize(const OfParts<PartScale>& scales, double network_score,
                            const NeighborhoodScores& scores);
// s of the z_p.
double CombinedScore(const OfParts<double>& z);

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_STAGE_H_
