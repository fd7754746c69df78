#include "server/batching/batch_scorer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace advae {
namespace {

// Without early ends, which compilers do not turn into vectors.
bool CanScore(std::span<const float> values, bool takes_missing) {
  bool finite = true;
  if (takes_missing) {
    for (const float value : values) finite &= !std::isinf(value);
  } else {
    for (const float value : values) finite &= std::isfinite(value);
  }
  return finite;
}

// The score of a row that cannot be scored.
double NotFiniteScore(std::span<const float> row, bool takes_missing) {
  const bool has_nan =
      !takes_missing && std::ranges::any_of(row, [](float value) { return std::isnan(value); });
  return has_nan ? std::numeric_limits<double>::quiet_NaN()
                 : std::numeric_limits<double>::infinity();
}

}  // namespace

bool BatchScorer::Score(const Batch& batch, const ScoringBreaks* breaks) {
  if (batch.slices.empty()) return true;
  if (CanScoreInPlace(batch)) return ScoreInPlace(batch.slices.front(), breaks);
  return ScoreGathered(batch, breaks);
}

bool BatchScorer::CanScoreInPlace(const Batch& batch) {
  if (batch.slices.size() != 1) return false;
  const BatchSlice& slice = batch.slices.front();
  const ScoreWork& work = slice.task->work();
  if (work.source != nullptr) return false;
  const MatrixView rows = work.rows.Slice(slice.first_row, slice.rows);
  return CanScore({rows.values, rows.rows * rows.columns}, work.version->scorer().takes_missing());
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

bool BatchScorer::ScoreGathered(const Batch& batch, const ScoringBreaks* breaks) {
  const Scorer& scorer = batch.slices.front().task->work().version->scorer();
  rows_.clear();
  bool explain = false;
  size_t nearest_count = 0;
  for (const BatchSlice& slice : batch.slices) {
    const ScoreWork& work = slice.task->work();
    explain |= !work.details.expected.empty();
    nearest_count = std::max(nearest_count, work.details.nearest_count);
    Gather(slice);
  }
  const size_t columns = scorer.features();
  const MatrixView gathered{rows_.data(), rows_.size() / columns, columns};
  scores_.resize(gathered.rows);
  expected_.resize(explain ? rows_.size() : 0);
  contributions_.resize(expected_.size());
  nearest_.resize(gathered.rows * nearest_count);
  const RowDetails details = {.expected = expected_,
                              .contributions = contributions_,
                              .nearest = nearest_,
                              .nearest_count = nearest_count};
  if (breaks != nullptr) {
    if (!scorer.Score(gathered, scores_, details, memory_, *breaks)) return false;
  } else {
    scorer.Score(gathered, scores_, details, memory_);
  }
  size_t next = 0;
  for (const BatchSlice& slice : batch.slices) next = HandOut(slice, nearest_count, next);
  return true;
}

void BatchScorer::Gather(const BatchSlice& slice) {
  const ScoreWork& work = slice.task->work();
  const bool takes_missing = work.version->scorer().takes_missing();
  const size_t columns = work.rows.columns;
  const size_t values = slice.rows * columns;
  const size_t end = rows_.size();
  if (work.source != nullptr) {
    rows_.resize(end + values);
    work.source->Read(slice.first_row, slice.rows, std::span(rows_).subspan(end, values));
  } else {
    const float* const first = work.rows.values + slice.first_row * columns;
    rows_.insert(rows_.end(), first, first + values);
  }
  auto from = rows_.begin() + static_cast<std::ptrdiff_t>(end);
  auto to = from;
  for (size_t i = slice.first_row; i < slice.first_row + slice.rows; ++i) {
    const std::span<const float> row(from, columns);
    const bool can_score = CanScore(row, takes_missing);
    work.scores[i] = can_score ? 0 : NotFiniteScore(row, takes_missing);
    if (can_score && to != from) std::copy_n(from, columns, to);
    if (can_score) to += static_cast<std::ptrdiff_t>(columns);
    from += static_cast<std::ptrdiff_t>(columns);
  }
  rows_.erase(to, rows_.end());
}

size_t BatchScorer::HandOut(const BatchSlice& slice, size_t nearest_count, size_t next) const {
  const ScoreWork& work = slice.task->work();
  const size_t columns = work.rows.columns;
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
  return next;
}

}  // namespace advae
