#ifndef ADVAE_MODEL_FITTING_TRAINING_ROWS_H_
#define ADVAE_MODEL_FITTING_TRAINING_ROWS_H_

#include <optional>

#include "model/data/matrix.h"
#include "model/fitting/fit_neighborhood.h"
#include "model/scoring/missing_values.h"
#include "model/scoring/scaler.h"
#include "model/table/encoding/table_encoder.h"

namespace advae {

// The rows that a version is made from, as they came and as its parts learn from them.
class TrainingRows {
 public:
  // `rows`, not scaled, stay with the caller. They have missing values (NaN) only when `encoder`,
  // which made them, is not null and not strict. If the version is to remember rows
  // (options.memory_rows is not 0), missing values are then estimated: a remembered row is to have
  // the means over its nearest others, and all rows, as new ones, what the nearest remembered row
  // has, other than themselves. `options` is valid but for the marks, which come from the encoder.
  // O(m n d) for m rows of which n are remembered.
  static TrainingRows Prepare(MatrixView rows, const TableEncoder* encoder,
                              const MinMaxScaler& scaler, NeighborhoodOptions options);

  // As they came.
  MatrixView rows() const { return rows_; }
  // Without missing values, unless the version has no memory to estimate them from.
  MatrixView complete() const { return complete_ ? complete_->view() : rows_; }
  // What is to be remembered (NeighborhoodOptions); null when no value is missing.
  const Matrix* remembered() const { return remembered_ ? &*remembered_ : nullptr; }
  // How the version will score rows with missing values, if it takes them.
  const std::optional<MissingValues>& missing() const { return missing_; }

 private:
  TrainingRows(MatrixView rows, std::optional<MissingValues> missing);

  MatrixView rows_;
  std::optional<MissingValues> missing_;
  std::optional<Matrix> complete_;
  std::optional<Matrix> remembered_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_TRAINING_ROWS_H_
