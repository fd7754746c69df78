#ifndef ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_STAGE_H_
#define ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_STAGE_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/neighborhood/feature_relations.h"
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
  std::vector<bool> unrelated;     // of each row: whether a related feature was missing
  std::vector<NeighborhoodScores> scores;
  std::vector<double> shares;     // of one row, by one part
  std::vector<float> expected;    // of one row
  std::vector<double> residuals;  // of one row, by the relations
};

// Turns the networks' scores of rows into those of a version with a memory:
//
//   s = ScoreOf(mean of z_p + b),  z_p = PartScale::Standardize of part p's score
//
// over the parts of ScorePart, with equal weights. s is 1 for a row that all parts find as usual as
// the median training row, and grows by 1 with each step as large as that from there to the 90 %
// quantile, or less where a part's upper tail is heavy. It never decreases in any part's score.
// b is the bonus of FeatureRelations, 0 for nearly all rows like those in training, for rows in
// which a related feature is missing, and where no feature is explained by others.
//
// Immutable and thread-safe.
class NeighborhoodStage {
 public:
  // kInvalidArgument when memory or scales are not valid.
  static absl::StatusOr<std::unique_ptr<const NeighborhoodStage>> Create(Neighborhood neighborhood,
                                                                         InstructionSet set);

  const NeighborhoodMember& member() const { return *member_; }
  // Of a row, by the relations.
  size_t relation_multiply_adds() const { return relations_ ? relations_->multiply_adds() : 0; }

  // NeighborhoodMember::Impute for rows, row-major [n, columns], whose first features are those of
  // member(); others are marks (MissingValues).
  bool Impute(std::span<float> scaled, size_t columns, std::span<const float> otherwise,
              StageScratch& scratch, BreakCounter& breaks) const;

  // Replaces `scores`, those of the networks for the rows `scaled` [n, d], whose first features are
  // those of member(); others are marks. `imputed`: whether Impute has just been called for these
  // rows, with this scratch. `expected` and `contributions` are empty, or hold the networks' [n,
  // d], and become the version's:
  //
  // expected: the mean of what networks and neighbours expect or, where an explained feature's
  // residual is beyond the relations' threshold, what the others say of it.
  // contributions: shares that sum to s. Those of ScoreOf(mean of z_p) are in proportion to the
  // parts' ScoreOf(z_p), and those of the rest, which the bonus adds, to t_j^2.
  //
  // False when `breaks` ended it.
  bool Apply(MatrixView scaled, bool imputed, std::span<double> scores, std::span<float> expected,
             std::span<double> contributions, StageScratch& scratch, BreakCounter& breaks) const;

 private:
  NeighborhoodStage(std::unique_ptr<const NeighborhoodMember> member,
                    const OfParts<PartScale>& scales, std::optional<FeatureRelations> relations)
      : member_(std::move(member)), scales_(scales), relations_(std::move(relations)) {}

  // Of a row without marks, whose residuals come to be in `scratch`.
  double Bonus(const float* row, StageScratch& scratch) const;
  // Of row i of the rows without marks, whose score is `score` without a bonus. `contributions` are
  // the networks', [d].
  void Explain(const float* rows, size_t i, const OfParts<double>& z, double network_score,
               double score, std::span<double> contributions, StageScratch& scratch) const;
  // Adds what a bonus adds to the score of the row whose residuals are in `scratch`.
  void ExplainBonus(double added, std::span<double> contributions,
                    const StageScratch& scratch) const;
  // Replaces what is expected of the row with these residuals where it breaks the relations.
  void ExpectRelated(const float* row, std::span<float> expected,
                     const StageScratch& scratch) const;

  const std::unique_ptr<const NeighborhoodMember> member_;
  const OfParts<PartScale> scales_;
  const std::optional<FeatureRelations> relations_;
};

// The parts' scores of a row as z_p.
OfParts<double> Standardize(const OfParts<PartScale>& scales, double network_score,
                            const NeighborhoodScores& scores);
// s of the z_p and b.
double CombinedScore(const OfParts<double>& z, double bonus = 0);

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_NEIGHBORHOOD_STAGE_H_
