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
constexpr char kRelated[] = "relations.related";
constexpr char kMeans[] = "relations.means";
constexpr char kExplained[] = "relations.explained";
constexpr char kWeights[] = "relations.weights";
constexpr char kThreshold[] = "relations.threshold";
constexpr size_t kScaleNumbers = 3;

// Takes a tensor of floats into `values`.
absl::Status TakeFloats(const char* name, size_t rank, TensorMap& tensors,
                        std::vector<float>& values) {
  const absl::StatusOr<Tensor> tensor = TakeTensor(name, rank, tensors);
  if (tensor.ok()) values = ToFloats(*tensor);
  return tensor.status();
}

// Indices of `what`.
absl::StatusOr<std::vector<uint32_t>> TakeIndices(const char* name, absl::string_view what,
                                                  TensorMap& tensors) {
  ADVAE_ASSIGN_OR_RETURN(const Tensor tensor, TakeTensor(name, 1, tensors));
  std::vector<uint32_t> indices;
  for (const double index : tensor.values) {
    if (!(index >= 0 && index < std::numeric_limits<uint32_t>::max() &&
          index == std::floor(index))) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor ", name, ": ", index, " is not the index of a ", what));
    }
    indices.push_back(static_cast<uint32_t>(index));
  }
  return indices;
}

Tensor IndexTensor(const std::vector<uint32_t>& indices) {
  return {DType::kF64, {indices.size()}, {indices.begin(), indices.end()}};
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

void AddRelations(const FeatureRelations& relations, TensorMap& tensors) {
  const size_t related = relations.related.size();
  tensors[kRelated] = IndexTensor(relations.related);
  tensors[kMeans] = Tensor{DType::kF64, {related}, relations.means};
  tensors[kExplained] = IndexTensor(relations.explained);
  tensors[kWeights] = Tensor{DType::kF64, {related, relations.explained.size()}, relations.weights};
  tensors[kThreshold] = Tensor{DType::kF64, {1}, {relations.threshold}};
}

// Relations between `features`.
absl::StatusOr<FeatureRelations> TakeRelations(size_t features, TensorMap& tensors) {
  FeatureRelations relations;
  ADVAE_ASSIGN_OR_RETURN(relations.related, TakeIndices(kRelated, "feature", tensors));
  ADVAE_ASSIGN_OR_RETURN(relations.explained, TakeIndices(kExplained, "feature", tensors));
  ADVAE_ASSIGN_OR_RETURN(Tensor means, TakeTensor(kMeans, 1, tensors));
  ADVAE_ASSIGN_OR_RETURN(Tensor weights, TakeTensor(kWeights, 2, tensors));
  ADVAE_ASSIGN_OR_RETURN(const Tensor threshold, TakeTensor(kThreshold, 1, tensors));
  if (threshold.values.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("tensor ", kThreshold, ": expected one number"));
  }
  relations.means = std::move(means.values);
  relations.weights = std::move(weights.values);
  relations.threshold = threshold.values.front();
  ADVAE_RETURN_IF_ERROR(relations.Validate(features));
  return relations;
}

}  // namespace

void AddNeighborhood(const Neighborhood& neighborhood, TensorMap& tensors) {
  const auto& [memory, scales, relations] = neighborhood;
  const size_t columns = memory.rows.columns;
  tensors[kRows] = FloatTensor({memory.rows.rows(), columns}, memory.rows.values);
  tensors[kScaledRadii] = FloatTensor({memory.scaled_radii.size()}, memory.scaled_radii);
  tensors[kRankedRadii] = FloatTensor({memory.ranked_radii.size()}, memory.ranked_radii);
  tensors[kRankValues] = FloatTensor({columns, RankMap::kKnots}, memory.rank_map.values);
  tensors[kRanks] = FloatTensor({columns, RankMap::kKnots}, memory.rank_map.ranks);
  tensors[kTrainingRows] = IndexTensor(memory.training_rows);
  Tensor numbers{DType::kF64, {kScoreParts, kScaleNumbers}, {}};
  for (const auto& [floor, center, width] : scales) {
    numbers.values.insert(numbers.values.end(), {floor, center, width});
  }
  tensors[kScales] = std::move(numbers);
  if (relations) AddRelations(*relations, tensors);
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
  ADVAE_ASSIGN_OR_RETURN(memory.training_rows, TakeIndices(kTrainingRows, "row", tensors));
  ADVAE_ASSIGN_OR_RETURN(neighborhood.scales, TakeScales(tensors));
  if (status = memory.Validate(); !status.ok()) return status;
  if (tensors.contains(kRelated)) {
    ADVAE_ASSIGN_OR_RETURN(neighborhood.relations, TakeRelations(memory.rows.columns, tensors));
  }
  return neighborhood;
}

}  // namespace advae
