#ifndef ADVAE_MODEL_SIMD_NEIGHBOR_SEARCH_H_
#define ADVAE_MODEL_SIMD_NEIGHBOR_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "model/simd/aligned_floats.h"
#include "model/simd/instruction_set.h"

namespace advae {

// A row that a search found.
struct Neighbor {
  uint32_t row = 0;  // its index among the rows that were searched
  float squared_distance = 0;

  friend bool operator==(const Neighbor&, const Neighbor&) = default;
};

// Of at least one neighbour.
double MeanDistance(std::span<const Neighbor> neighbors);

// Row-major queries [count, columns].
struct NeighborQueries {
  const float* values = nullptr;
  size_t count = 0;
  // For each query a row that it must not find, such as itself. Empty, or of size `count`.
  std::span<const uint32_t> excluded = {};
};

// Memory of a search that is worth keeping.
struct NeighborSearchMemory {
  std::vector<uint64_t> keys;  // grows to k + 8 for each query
  AlignedFloats distances;     // of a few queries to the rows that are compared first
};

// Finds the nearest of a set of rows by exact Euclidean distance.
//
// Rows lie along the SIMD lanes, and several queries share each load of them. A squared distance is
// the sum of squared differences over the columns, in their order and in float, so that what is
// found is a pure function of the query: the same bits in every batch, thread and process of one
// machine. Equal distances are ordered by the row's index. Duplicates of a row count each.
//
// A NaN is a missing value: the sum is over the columns that both rows have, times the number of
// all columns over that of these (as sklearn's nan_euclidean_distances has it); kNothingShared when
// there are none.
//
// Immutable and thread-safe.
class NeighborSearch {
 public:
  // Values, of rows and queries, are at most of this magnitude, so that no distance overflows.
  static constexpr float kMaxMagnitude = 1e15f;
  // Above all other squared distances.
  static constexpr float kNothingShared = 1e37f;

  // Copies `rows`, row-major [count, columns]; there is at least one, and fewer than 2^32. `set` is
  // one of SupportedInstructionSets().
  static std::unique_ptr<const NeighborSearch> Create(const float* rows, size_t count,
                                                      size_t columns, InstructionSet set);
  virtual ~NeighborSearch() = default;

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }

  // Writes the k nearest rows of query i to neighbors[i * k] and on, the nearest first. When there
  // are fewer rows, less the excluded one, than k, the last of them is repeated. `k` is at least 1,
  // and some row is left for each query.
  //
  // `should_stop`, unless it is empty, is asked now and then with the number of multiply-adds since
  // it was asked last; true ends the search, which is then false and leaves `neighbors` undefined.
  virtual bool Find(const NeighborQueries& queries, size_t k, Neighbor* neighbors,
                    NeighborSearchMemory& memory,
                    const std::function<bool(size_t)>& should_stop) const = 0;

 protected:
  NeighborSearch(size_t rows, size_t columns) : rows_(rows), columns_(columns) {}

 private:
  const size_t rows_;
  const size_t columns_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_NEIGHBOR_SEARCH_H_
