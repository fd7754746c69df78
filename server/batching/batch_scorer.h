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
  // Scores `batch.slices`; finishing the slices is left to the caller. Rows that the version cannot
  // score, as values are not finite, get the scores that ScoreWork describes. A batch of one slice
  // may have `breaks`; false when one of them ended the scoring.
  bool Score(const Batch& batch, const ScoringBreaks* breaks = nullptr);

 private:
  // Whether the batch is a single slice of rows that are there and can all be scored: that is done
  // where it lies, results included.
  static bool CanScoreInPlace(const Batch& batch);
  bool ScoreInPlace(const BatchSlice& slice, const ScoringBreaks* breaks);
  bool ScoreGathered(const Batch& batch, const ScoringBreaks* breaks);
  // Appends the slice's rows to `rows_`, but for those that cannot be scored, which get their
  // scores.
  void Gather(const BatchSlice& slice);
  // Gives the slice its results, those from `next` on; returns where they end.
  size_t HandOut(const BatchSlice& slice, size_t nearest_count, size_t next) const;

  std::vector<float> rows_;
  std::vector<double> scores_;
  std::vector<float> expected_;
  std::vector<double> contributions_;
  std::vector<NearestRow> nearest_;
  ScoringMemory memory_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_BATCHING_BATCH_SCORER_H_
