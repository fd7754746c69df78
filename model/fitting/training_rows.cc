#include "model/fitting/training_rows.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "model/fitting/drawn_rows.h"
#include "model/fitting/nearest_others.h"
#include "model/fitting/row_tiles.h"
#include "model/neighborhood/neighbor_imputation.h"
#include "model/simd/instruction_set.h"
#include "model/simd/neighbor_search.h"

namespace advae {
namespace {

bool HasMissing(std::span<const float> row) {
  return std::ranges::any_of(row, [](float value) { return std::isnan(value); });
}

std::optional<MissingValues> FitMissingValues(const TableEncoder* encoder, MatrixView rows) {
  if (encoder == nullptr || encoder->schema().strict()) return std::nullopt;
  return MissingValues::Fit(rows, encoder->tells_unusual_missing(), encoder->marks());
}

// Estimates the missing values of training rows, in scaled units and without their marks.
class Imputation {
 public:
  Imputation(MatrixView rows, const MinMaxScaler& scaler, const MissingValues& missing,
             const NeighborhoodOptions& options)
      : rows_(rows),
        scaler_(scaler),
        columns_(rows.columns - missing.marks),
        threads_(options.threads),
        otherwise_(missing.imputed) {
    scaler.Transform(otherwise_.data(), otherwise_.data());
    otherwise_.resize(columns_);
    drawn_ = DrawRows(rows.rows, options.memory_rows, options.seed);
    memory_ = scaler.Transform(CopyRows(rows, drawn_).view(), columns_);
  }

  // What is to be remembered.
  Matrix Remembered() const {
    const NearestOthers near(memory_, kScaledNeighbors, threads_);
    Matrix remembered = memory_;
    for (size_t i = 0; i < remembered.rows(); ++i) {
      ImputeFromNeighbors(near.Of(i), memory_, otherwise_,
                          {remembered.values.data() + i * columns_, columns_});
    }
    return remembered;
  }

  // All rows, as the version with this memory completes them.
  Matrix Complete(const Matrix& remembered) const {
    Matrix complete{.values = {rows_.values, rows_.values + rows_.rows * rows_.columns},
                    .columns = rows_.columns};
    std::vector<uint32_t> incomplete;
    std::vector<uint32_t> own;  // of each of these, its row of the memory
    for (uint32_t i = 0, place = 0; i < rows_.rows; ++i) {
      const bool is_remembered = place < drawn_.size() && drawn_[place] == i;
      if (HasMissing(rows_.row(i))) {
        incomplete.push_back(i);
        own.push_back(is_remembered ? place : kNone);
      }
      if (is_remembered) ++place;
    }
    const std::unique_ptr<const NeighborSearch> search = NeighborSearch::Create(
        remembered.values.data(), remembered.rows(), columns_, SupportedInstructionSets().front());
    ForTiles(incomplete.size(), threads_, [&](size_t first, size_t count) {
      const std::span<const uint32_t> indices = std::span(incomplete).subspan(first, count);
      Matrix scaled = scaler_.Transform(CopyRows(rows_, indices).view(), columns_);
      std::vector<Neighbor> nearest(count);
      NeighborSearchMemory scratch;
      search->Find({.values = scaled.values.data(),
                    .count = count,
                    .excluded = std::span(own).subspan(first, count)},
                   1, nearest.data(), scratch, nullptr);
      for (size_t i = 0; i < count; ++i) {
        ImputeFromNeighbors(std::span(nearest).subspan(i, 1), remembered, otherwise_,
                            {scaled.values.data() + i * columns_, columns_});
        Restore(scaled.row(i), indices[i], complete);
      }
    });
    return complete;
  }

 private:
  // No row of the memory.
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  // Puts the values of a `scaled` row where row i of `complete` has none.
  void Restore(std::span<const float> scaled, size_t i, Matrix& complete) const {
    float* const row = complete.values.data() + i * complete.columns;
    for (size_t j = 0; j < columns_; ++j) {
      if (std::isnan(row[j])) row[j] = static_cast<float>(scaler_.Restore(j, scaled[j]));
    }
  }

  const MatrixView rows_;
  const MinMaxScaler& scaler_;
  const size_t columns_;
  const int threads_;
  std::vector<float> otherwise_;
  std::vector<uint32_t> drawn_;
  Matrix memory_;  // the rows that were drawn, scaled
};

}  // namespace

TrainingRows::TrainingRows(MatrixView rows, std::optional<MissingValues> missing)
    : rows_(rows), missing_(std::move(missing)) {}

TrainingRows TrainingRows::Prepare(MatrixView rows, const TableEncoder* encoder,
                                   const MinMaxScaler& scaler, NeighborhoodOptions options) {
  TrainingRows prepared(rows, FitMissingValues(encoder, rows));
  if (prepared.missing_ && options.memory_rows > 0 && rows.rows > 1 &&
      HasMissing({rows.values, rows.rows * rows.columns})) {
    const Imputation imputation(rows, scaler, *prepared.missing_, options);
    prepared.remembered_ = imputation.Remembered();
    prepared.complete_ = imputation.Complete(*prepared.remembered_);
  }
  return prepared;
}

}  // namespace advae
