#include "model/neighborhood/neighborhood_member.h"

#include <algorithm>
#include <array>
#include <cfloat>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "model/neighborhood/neighbor_imputation.h"

namespace advae {
namespace {

// Of the median radius above 0, added to both sides of a local ratio.
constexpr float kSlackShare = 1e-3f;

double Slack(const std::vector<float>& radii) {
  std::vector<float> positive;
  std::ranges::copy_if(radii, std::back_inserter(positive), [](float r) { return r > 0; });
  if (positive.empty()) return kSlackShare;
  const auto middle = positive.begin() + static_cast<std::ptrdiff_t>(positive.size() / 2);
  std::nth_element(positive.begin(), middle, positive.end());
  return std::max(kSlackShare * *middle, FLT_MIN);
}

double LocalRatio(const NeighborhoodMember::Surroundings& near, double slack) {
  const double sum = std::accumulate(near.radii.begin(), near.radii.end(), 0.0);
  const double usual = sum / static_cast<double>(near.radii.size());
  return (MeanDistance(near.rows) + slack) / (usual + slack);
}

// The radii of the rows that a search in one space found.
class RadiiOf {
 public:
  RadiiOf(std::span<const Neighbor> rows, const std::vector<float>& radii) : count_(rows.size()) {
    for (size_t n = 0; n < count_; ++n) radii_[n] = radii[rows[n].row];
  }
  std::span<const float> get() const { return std::span(radii_).first(count_); }

 private:
  std::array<float, std::max(kScaledNeighbors, kRankedNeighbors)> radii_;
  const size_t count_;
};

// The features' shares of the squared distances between `row` and others, the first of which is
// other(0) and the last other(count - 1).
template <typename Other>
void Shares(const float* row, size_t count, const Other& other, std::span<double> shares) {
  std::ranges::fill(shares, 0.0);
  double total = 0;
  for (size_t n = 0; n < count; ++n) {
    const float* const values = other(n);
    for (size_t j = 0; j < shares.size(); ++j) {
      const double difference = static_cast<double>(row[j]) - values[j];
      shares[j] += difference * difference;
      total += difference * difference;
    }
  }
  for (double& share : shares) {
    share = total > 0 ? share / total : 1 / static_cast<double>(shares.size());
  }
}

std::span<const Neighbor> Of(const std::vector<Neighbor>& neighbors, size_t i, size_t k) {
  return std::span(neighbors).subspan(i * k, k);
}

template <typename T>
void Grow(std::vector<T>& values, size_t size) {
  if (values.size() < size) values.resize(size);
}

std::function<bool(size_t)> Asking(BreakCounter& breaks) {
  return [&breaks](size_t multiply_adds) { return breaks.ShouldStopAfter(multiply_adds); };
}

}  // namespace

absl::StatusOr<std::unique_ptr<const NeighborhoodMember>> NeighborhoodMember::Create(
    NeighborhoodMemory memory, InstructionSet set) {
  if (absl::Status status = memory.Validate(); !status.ok()) return status;
  return std::unique_ptr<const NeighborhoodMember>(new NeighborhoodMember(std::move(memory), set));
}

// One row fewer than there are, as a remembered row has no more others.
NeighborhoodMember::NeighborhoodMember(NeighborhoodMemory memory, InstructionSet set)
    : memory_(std::move(memory)),
      scaled_k_(std::min(kScaledNeighbors, memory_.rows.rows() - 1)),
      ranked_k_(std::min(kRankedNeighbors, memory_.rows.rows() - 1)),
      scaled_slack_(Slack(memory_.scaled_radii)),
      ranked_slack_(Slack(memory_.ranked_radii)),
      scaled_search_(
          NeighborSearch::Create(memory_.rows.values.data(), memory_.rows.rows(), features(), set)),
      ranked_search_(NeighborSearch::Create(memory_.rank_map.Transform(memory_.rows).values.data(),
                                            memory_.rows.rows(), features(), set)) {}

bool NeighborhoodMember::Impute(std::span<float> scaled, size_t count,
                                std::span<const float> otherwise, NeighborhoodScratch& scratch,
                                BreakCounter& breaks) const {
  Grow(scratch.nearest, count);
  if (!scaled_search_->Find({.values = scaled.data(), .count = count}, 1, scratch.nearest.data(),
                            scratch.search, Asking(breaks))) {
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    ImputeFromNeighbors(Of(scratch.nearest, i, 1), memory_.rows, otherwise,
                        scaled.subspan(i * features(), features()));
  }
  return true;
}

bool NeighborhoodMember::Score(const float* scaled, std::span<NeighborhoodScores> scores,
                               NeighborhoodScratch& scratch, BreakCounter& breaks) const {
  const size_t count = scores.size();
  const size_t d = features();
  Grow(scratch.ranked, count * d);
  Grow(scratch.scaled_neighbors, count * scaled_k_);
  Grow(scratch.ranked_neighbors, count * ranked_k_);
  for (size_t i = 0; i < count; ++i) {
    memory_.rank_map.Transform(scaled + i * d, scratch.ranked.data() + i * d);
  }
  const std::function<bool(size_t)> should_stop = Asking(breaks);
  if (!scaled_search_->Find({.values = scaled, .count = count}, scaled_k_,
                            scratch.scaled_neighbors.data(), scratch.search, should_stop) ||
      !ranked_search_->Find({.values = scratch.ranked.data(), .count = count}, ranked_k_,
                            scratch.ranked_neighbors.data(), scratch.search, should_stop)) {
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    const std::span<const Neighbor> scaled_near = Of(scratch.scaled_neighbors, i, scaled_k_);
    const std::span<const Neighbor> ranked_near = Of(scratch.ranked_neighbors, i, ranked_k_);
    const RadiiOf scaled_radii(scaled_near, memory_.scaled_radii);
    const RadiiOf ranked_radii(ranked_near, memory_.ranked_radii);
    scores[i] = ScoresOf({.rows = scaled_near, .radii = scaled_radii.get()},
                         {.rows = ranked_near, .radii = ranked_radii.get()});
  }
  return true;
}

NeighborhoodScores NeighborhoodMember::ScoresOf(const Surroundings& scaled,
                                                const Surroundings& ranked) const {
  return {.distance = MeanDistance(scaled.rows.first(1)),
          .scaled_ratio = LocalRatio(scaled, scaled_slack_),
          .ranked_ratio = LocalRatio(ranked, ranked_slack_)};
}

void NeighborhoodMember::ScaledShares(const float* scaled, size_t i, size_t count,
                                      const NeighborhoodScratch& scratch,
                                      std::span<double> shares) const {
  const std::span<const Neighbor> near = Of(scratch.scaled_neighbors, i, scaled_k_);
  const auto other = [&](size_t n) { return memory_.rows.row(near[n].row).data(); };
  Shares(scaled + i * features(), count, other, shares);
}

void NeighborhoodMember::DistanceShares(const float* scaled, size_t i,
                                        const NeighborhoodScratch& scratch,
                                        std::span<double> shares) const {
  ScaledShares(scaled, i, 1, scratch, shares);
}

void NeighborhoodMember::ScaledRatioShares(const float* scaled, size_t i,
                                           const NeighborhoodScratch& scratch,
                                           std::span<double> shares) const {
  ScaledShares(scaled, i, scaled_k_, scratch, shares);
}

void NeighborhoodMember::RankedRatioShares(size_t i, NeighborhoodScratch& scratch,
                                           std::span<double> shares) const {
  const std::span<const Neighbor> near = Of(scratch.ranked_neighbors, i, ranked_k_);
  scratch.ranked_neighbor.resize(features());
  const auto other = [&](size_t n) -> const float* {
    memory_.rank_map.Transform(memory_.rows.row(near[n].row).data(),
                               scratch.ranked_neighbor.data());
    return scratch.ranked_neighbor.data();
  };
  Shares(scratch.ranked.data() + i * features(), ranked_k_, other, shares);
}

void NeighborhoodMember::Expected(size_t i, const NeighborhoodScratch& scratch,
                                  std::span<float> expected) const {
  const std::span<const Neighbor> neighbors = Of(scratch.scaled_neighbors, i, scaled_k_);
  for (size_t j = 0; j < expected.size(); ++j) {
    double sum = 0;
    for (const Neighbor& neighbor : neighbors) sum += memory_.rows.row(neighbor.row)[j];
    expected[j] = static_cast<float>(sum / static_cast<double>(neighbors.size()));
  }
}

void NeighborhoodMember::NearestTrainingRows(size_t i, const NeighborhoodScratch& scratch,
                                             std::span<NearestRow> nearest) const {
  for (size_t n = 0; n < nearest.size(); ++n) {
    const Neighbor& neighbor = scratch.scaled_neighbors[i * scaled_k_ + n];
    nearest[n] = {.training_row = memory_.training_rows[neighbor.row],
                  .distance = std::sqrt(static_cast<double>(neighbor.squared_distance))};
  }
}

}  // namespace advae
