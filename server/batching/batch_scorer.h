#ifndef ADVAE_SERVER_BATCHING_BATCH_SCORER_H_
#define ADVAE_SERVER_BATCHING_BATCH_SCORER_H_

#include <vector>

#include "model/neighborhood/scoring_breaks.h"
#include "model/scoring/scorer.h"
#include "server/batching/batch.h"

namespace advae {

// Scores the rows of a batch in one pass and hands the results to its tasks. Keeps its buffers
// between batches: one for each scoring thread. Not thread-safe.
class BatchScorer {
 public:
  // Scores `batch.slices`; finishing the slices is left to the caller. Rows with values that are
  // not finite get the scores that ScoreWork describes. A batch of one slice may have `breaks`;
  // false when one of them ended the scoring.
  bool Score(const Batch& batch, const ScoringBreaks* breaks = nullptr);

 private:
  // Whether the batch is a single slice of finite rows, which is scored where it lies, results
  // included.
  static bool CanScoreInPlace(const Batch& batch);
  bool ScoreInPlace(const BatchSlice& slice, const ScoringBreaks* breaks);
  void ScoreGathered(const Batch& batch);

  std::vector<float> rows_;
  std::vector<double> scores_;
  std::vector<float> expected_;
  std::vector<double> contributions_;
  std::vector<NearestRow> nearest_;
  ScoringMemory memory_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCH_SCORER_H_
