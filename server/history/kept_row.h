#ifndef ADVAE_SERVER_HISTORY_KEPT_ROW_H_
#define ADVAE_SERVER_HISTORY_KEPT_ROW_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"

namespace advae {

// One row that was scored, with its verdict.
struct ScoredRow {
  absl::Time time;  // of the wall clock
  // The row alone, as a matrix or table of the features and keys, and the version that scored it.
  // Without a row where it was too large to keep.
  v1::ScoreRequest request;
  double score = 0;
  double p_value = 0;
  // Of the verdict.
  double alpha = 0;
  double threshold = 0;
  bool is_alarm = false;
  v1::RowStatus status = v1::ROW_STATUS_UNSPECIFIED;
};

// What one column adds to the score of a row.
struct ExplainedColumn {
  v1::FeatureContribution contribution;
  // The row's value where it is a number, otherwise NaN.
  double number = 0;
};

// A row as a ModelHistory has it. Immutable, but that its columns may come later.
struct KeptRow {
  uint64_t id = 0;
  std::shared_ptr<const ScoredRow> row;
  // Null until somebody has explained the row (ModelHistory::SetColumns).
  std::shared_ptr<const std::vector<ExplainedColumn>> columns;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HISTORY_KEPT_ROW_H_
