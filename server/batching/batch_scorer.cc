#include "server/batching/batch_scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace advae {
namespace {

bool AllFinite(std::span<const float> values) {
  bool finite = true;  // without an early end, which compilers do not turn into vectors
  for (const float value : values) finite &= std::isfinite(value);
  return finite;
}

// The score of a row with a value that is not finite.
double NotFiniteScore(std::span<const float> row) {
  const bool has_nan = std::ranges::any_of(row, [](float value) { return std::isnan(value); });
  return has_nan ? std::numeric_limits<double>::quiet_NaN()
                 : std::numeric_limits<double>::infinity();
}

}  // namespace

bool BatchScorer::Score(const Batch& batch, const ScoringBreaks* breaks) {
  if (batch.slices.empty()) return true;
  if (CanScoreInPlace(batch)) return ScoreInPlace(batch.slices.front(), breaks);
  ScoreGathered(batch);
  return true;
}

bool BatchScorer::CanScoreInPlace(const Batch& batch) {
  if (batch.slices.size() != 1) return false;
  const BatchSlice& slice = batch.slices.front();
  const MatrixView rows = slice.task->work().rows.Slice(slice.first_row, slice.rows);
  return AllFinite({rows.values, rows.rows * rows.columns});
}

bool BatchScorer::ScoreInPlace(const BatchSlice& slice, const ScoringBreaks* breaks) {
  const ScoreWork& work = slice.task->work();
  const Scorer& scorer = work.version->scorer();
  const MatrixView rows = work.rows.Slice(slice.first_row, slice.rows);
  const std::span<double> scores = work.scores.subspan(slice.first_row, slice.rows);
  const RowDetails details = work.details.Slice(slice.first_row, slice.rows, rows.columns);
  if (breaks != nullptr) return scorer.Score(rows, scores, details, memory_, *breaks);
  scorer.Score(rows, scores, details, memory_);
  return true;
}

void BatchScorer::ScoreGathered(const Batch& batch) {
  const Scorer& scorer = batch.slices.front().task->work().version->scorer();
  const size_t columns = scorer.features();

  // The finite rows, one after the other.
  rows_.clear();
  bool explain = false;
  size_t nearest_count = 0;
  for (const BatchSlice& slice : batch.slices) {
    const ScoreWork& work = slice.task->work();
    explain |= !work.details.expected.empty();
    nearest_count = std::max(nearest_count, work.details.nearest_count);
    for (size_t i = slice.first_row; i < slice.first_row + slice.rows; ++i) {
      const std::span<const float> row = work.rows.row(i);
      const bool finite = AllFinite(row);
      if (finite) rows_.insert(rows_.end(), row.begin(), row.end());
      work.scores[i] = finite ? 0 : NotFiniteScore(row);
    }
  }
  const MatrixView gathered{rows_.data(), rows_.size() / columns, columns};
  scores_.resize(gathered.rows);
  expected_.resize(explain ? rows_.size() : 0);
  contributions_.resize(expected_.size());
  nearest_.resize(gathered.rows * nearest_count);
  scorer.Score(gathered, scores_,
               {.expected = expected_,
                .contributions = contributions_,
                .nearest = nearest_,
                .nearest_count = nearest_count},
               memory_);

  size_t next = 0;
  for (const BatchSlice& slice : batch.slices) {
    const ScoreWork& work = slice.task->work();
    for (size_t i = slice.first_row; i < slice.first_row + slice.rows; ++i) {
      if (!std::isfinite(work.scores[i])) continue;
      work.scores[i] = scores_[next];
      const RowDetails details = work.details.Slice(i, 1, columns);
      if (!details.expected.empty()) {
        std::copy_n(&expected_[next * columns], columns, details.expected.begin());
        std::copy_n(&contributions_[next * columns], columns, details.contributions.begin());
      }
      std::copy_n(nearest_.begin() + static_cast<std::ptrdiff_t>(next * nearest_count),
                  details.nearest.size(), details.nearest.begin());
      ++next;
    }
  }
}

}  // namespace advae
