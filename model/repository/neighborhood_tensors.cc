#include "model/repository/neighborhood_tensors.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kRows[] = "memory.rows";
constexpr char kTrainingRows[] = "memory.training_rows";
constexpr char kScaledRadii[] = "memory.scaled_radii";
constexpr char kRankedRadii[] = "memory.ranked_radii";
constexpr char kRankValues[] = "memory.rank_values";
constexpr char kRanks[] = "memory.ranks";
constexpr char kScales[] = "memory.scales";
constexpr size_t kScaleNumbers = 3;

// Takes a tensor of floats into `values`.
absl::Status TakeFloats(const char* name, size_t rank, TensorMap& tensors,
                        std::vector<float>& values) {
  const absl::StatusOr<Tensor> tensor = TakeTensor(name, rank, tensors);
  if (tensor.ok()) values = ToFloats(*tensor);
  return tensor.status();
}

absl::StatusOr<std::vector<uint32_t>> TakeTrainingRows(TensorMap& tensors) {
  ADVAE_ASSIGN_OR_RETURN(const Tensor tensor, TakeTensor(kTrainingRows, 1, tensors));
  std::vector<uint32_t> rows;
  for (const double row : tensor.values) {
    if (!(row >= 0 && row < std::numeric_limits<uint32_t>::max() && row == std::floor(row))) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", kTrainingRows, ": ", row, " is not the index of a row"));
    }
    rows.push_back(static_cast<uint32_t>(row));
  }
  return rows;
}

absl::StatusOr<OfParts<PartScale>> TakeScales(TensorMap& tensors) {
  ADVAE_ASSIGN_OR_RETURN(const Tensor tensor, TakeTensor(kScales, 2, tensors));
  if (tensor.shape != std::vector<size_t>{kScoreParts, kScaleNumbers}) {
    return absl::InvalidArgumentError(absl::StrCat("tensor ", kScales, ": expected the shape [",
                                                   kScoreParts, ", ", kScaleNumbers, "]"));
  }
  OfParts<PartScale> scales;
  for (size_t part = 0; part < kScoreParts; ++part) {
    const double* const numbers = tensor.values.data() + part * kScaleNumbers;
    scales[part] = {.floor = numbers[0], .center = numbers[1], .width = numbers[2]};
    ADVAE_RETURN_IF_ERROR(scales[part].Validate());
  }
  return scales;
}

}  // namespace

void AddNeighborhood(const Neighborhood& neighborhood, TensorMap& tensors) {
  const auto& [memory, scales] = neighborhood;
  const size_t columns = memory.rows.columns;
  tensors[kRows] = FloatTensor({memory.rows.rows(), columns}, memory.rows.values);
  tensors[kScaledRadii] = FloatTensor({memory.scaled_radii.size()}, memory.scaled_radii);
  tensors[kRankedRadii] = FloatTensor({memory.ranked_radii.size()}, memory.ranked_radii);
  tensors[kRankValues] = FloatTensor({columns, RankMap::kKnots}, memory.rank_map.values);
  tensors[kRanks] = FloatTensor({columns, RankMap::kKnots}, memory.rank_map.ranks);
  tensors[kTrainingRows] = Tensor{DType::kF64,
                                  {memory.training_rows.size()},
                                  {memory.training_rows.begin(), memory.training_rows.end()}};
  Tensor numbers{DType::kF64, {kScoreParts, kScaleNumbers}, {}};
  for (const auto& [floor, center, width] : scales) {
    numbers.values.insert(numbers.values.end(), {floor, center, width});
  }
  tensors[kScales] = std::move(numbers);
}

bool HoldsNeighborhood(const TensorMap& tensors) { return tensors.contains(kRows); }

absl::StatusOr<Neighborhood> TakeNeighborhood(TensorMap& tensors) {
  ADVAE_ASSIGN_OR_RETURN(const Tensor rows, TakeTensor(kRows, 2, tensors));
  Neighborhood neighborhood;
  NeighborhoodMemory& memory = neighborhood.memory;
  memory.rows = {.values = ToFloats(rows), .columns = rows.shape[1]};
  memory.rank_map.columns = memory.rows.columns;
  absl::Status status = TakeFloats(kScaledRadii, 1, tensors, memory.scaled_radii);
  status.Update(TakeFloats(kRankedRadii, 1, tensors, memory.ranked_radii));
  status.Update(TakeFloats(kRankValues, 2, tensors, memory.rank_map.values));
  status.Update(TakeFloats(kRanks, 2, tensors, memory.rank_map.ranks));
  if (!status.ok()) return status;
  ADVAE_ASSIGN_OR_RETURN(memory.training_rows, TakeTrainingRows(tensors));
  ADVAE_ASSIGN_OR_RETURN(neighborhood.scales, TakeScales(tensors));
  if (status = memory.Validate(); !status.ok()) return status;
  return neighborhood;
}

}  // namespace advae
