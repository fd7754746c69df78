#include "model/distribution/p_value_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace advae {
namespace {

constexpr size_t kBinsPerBandwidth = 512;
constexpr size_t kBinsPerCell = 32;
constexpr size_t kCellsPerBandwidth = kBinsPerBandwidth / kBinsPerCell;
constexpr size_t kReach = 6 * kBinsPerBandwidth;  // of the kernel, in bins
// Index of the bin at the smallest score: all nodes have positions >= 0.
constexpr size_t kFirstBin = kReach + kBinsPerCell;
constexpr size_t kFirstCell = kFirstBin / kBinsPerCell;

// A share of the scores at a point of the grid.
struct Bin {
  size_t index;
  double weight;
};

// The normal kernel on the grid, by the distance in bins.
struct Kernel {
  std::array<double, kReach + 1> upper_tail;
  std::array<double, kReach + 1> density;  // per cell

  Kernel() {
    for (size_t i = 0; i <= kReach; ++i) {
      const double t = static_cast<double>(i) / kBinsPerBandwidth;
      upper_tail[i] = std::erfc(t / std::numbers::sqrt2) / 2;
      density[i] = std::exp(-t * t / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2 /
                   kCellsPerBandwidth;
    }
  }
};

void AddWeight(size_t index, double weight, std::vector<Bin>& bins) {
  // Scores come in ascending order: the index is that of one of the last two bins, or a new one.
  for (size_t back = 1; back <= std::min<size_t>(2, bins.size()); ++back) {
    Bin& bin = bins[bins.size() - back];
    if (bin.index == index) {
      bin.weight += weight;
      return;
    }
  }
  bins.push_back({index, weight});
}

// Splits the weight of each score between the two nearest points of the grid, which keeps the mean
// and makes the error of a smooth kernel quadratic in the step. Ascending.
std::vector<Bin> BinScores(const std::vector<double>& scores, double bandwidth) {
  std::vector<Bin> bins;
  const double weight = 1.0 / static_cast<double>(scores.size());
  for (const double score : scores) {
    const double position = (score - scores.front()) / bandwidth * kBinsPerBandwidth + kFirstBin;
    const size_t lower = static_cast<size_t>(position);
    const double upper_share = position - static_cast<double>(lower);
    AddWeight(lower, weight * (1 - upper_share), bins);
    AddWeight(lower + 1, weight * upper_share, bins);
  }
  return bins;
}

// The cells that a bin reaches, ascending.
std::vector<size_t> NodePositions(const std::vector<Bin>& bins) {
  std::vector<size_t> positions;
  for (const Bin& bin : bins) {
    const size_t last = (bin.index + kReach) / kBinsPerCell + 1;
    size_t cell = (bin.index - kReach) / kBinsPerCell;
    if (!positions.empty()) cell = std::max(cell, positions.back() + 1);
    for (; cell <= last; ++cell) positions.push_back(cell);
  }
  return positions;
}

// Upper tail and density, per cell, at bin `center` of what the bins within reach hold; those from
// `end` on are out of reach.
PValueTable::Tail SumWithinReach(const std::vector<Bin>& bins, size_t end, size_t center) {
  static const Kernel kernel;
  PValueTable::Tail sum = {.p_value = 0, .density = 0};
  for (size_t b = end; b > 0 && bins[b - 1].index + kReach >= center; --b) {
    const auto& [index, weight] = bins[b - 1];
    const size_t distance = index <= center ? center - index : index - center;
    const double tail = kernel.upper_tail[distance];
    sum.p_value += weight * (index <= center ? tail : 1 - tail);
    sum.density += weight * kernel.density[distance];
  }
  return sum;
}

}  // namespace

PValueTable::PValueTable(const std::vector<double>& scores, double bandwidth)
    : smallest_score_(scores.front()), cell_(bandwidth / kCellsPerBandwidth) {
  const std::vector<Bin> bins = BinScores(scores, bandwidth);
  const std::vector<size_t> positions = NodePositions(bins);

  // From the largest score down, so that small p-values are sums of small terms.
  nodes_.resize(positions.size());
  double above = 0;          // weight of the bins out of reach above the node
  size_t end = bins.size();  // of the others
  double p_value = 0;
  for (size_t n = positions.size(); n-- > 0;) {
    const size_t center = positions[n] * kBinsPerCell;
    for (; end > 0 && bins[end - 1].index > center + kReach; --end) above += bins[end - 1].weight;
    const Tail within = SumWithinReach(bins, end, center);
    p_value = std::clamp(above + within.p_value, p_value, 1.0);
    nodes_[n] = {static_cast<double>(positions[n]), p_value, -within.density};
  }
  LimitSlopes();
}

// Fritsch and Carlson (1980): the interpolation is monotone when no slope exceeds three times that
// of an adjacent chord.
void PValueTable::LimitSlopes() {
  for (size_t n = 0; n + 1 < nodes_.size(); ++n) {
    Node& left = nodes_[n];
    Node& right = nodes_[n + 1];
    const double chord = (right.p_value - left.p_value) / (right.position - left.position);
    left.slope = std::max(left.slope, 3 * chord);
    right.slope = std::max(right.slope, 3 * chord);
  }
}

PValueTable::Tail PValueTable::At(double s) const {
  const double position = (s - smallest_score_) / cell_ + static_cast<double>(kFirstCell);
  if (!(position >= nodes_.front().position)) return {.p_value = 1, .density = 0};
  if (position >= nodes_.back().position) return {.p_value = 0, .density = 0};
  // Nodes are at whole cells: this one is beyond the position, and the next to it unless there is a
  // gap before it, as outliers leave.
  const auto cells = static_cast<size_t>(position - nodes_.front().position);
  auto right = nodes_.begin() + static_cast<std::ptrdiff_t>(std::min(cells + 1, nodes_.size() - 1));
  if ((right - 1)->position > position) {
    right = std::upper_bound(nodes_.begin(), right, position,
                             [](double value, const Node& node) { return value < node.position; });
  }
  const auto left = right - 1;

  const double width = right->position - left->position;
  const double t = (position - left->position) / width;
  const double chord = (right->p_value - left->p_value) / width;
  // p(t) = p_0 + width t (c_1 + t (c_2 + t c_3))
  const double c2 = 3 * chord - 2 * left->slope - right->slope;
  const double c3 = left->slope + right->slope - 2 * chord;
  const double value = left->p_value + width * t * (left->slope + t * (c2 + t * c3));
  const double slope = left->slope + t * (2 * c2 + t * 3 * c3);
  return {.p_value = std::clamp(value, right->p_value, left->p_value),
          .density = std::max(0.0, -slope / cell_)};
}

double PValueTable::ScoreAt(const Node& node) const {
  return smallest_score_ + (node.position - static_cast<double>(kFirstCell)) * cell_;
}

std::pair<double, double> PValueTable::Bracket(double p_value) const {
  const auto below =
      std::partition_point(nodes_.begin(), nodes_.end(),
                           [p_value](const Node& node) { return node.p_value >= p_value; });
  // One node more on either side, as p-values have errors.
  const auto index = below - nodes_.begin();
  const auto last = static_cast<std::ptrdiff_t>(nodes_.size()) - 1;
  return {ScoreAt(nodes_[std::max<std::ptrdiff_t>(index - 2, 0)]),
          ScoreAt(nodes_[std::min(index + 1, last)])};
}

}  // namespace advae
