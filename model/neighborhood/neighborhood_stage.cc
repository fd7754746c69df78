#include "model/neighborhood/neighborhood_stage.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace advae {
namespace {

constexpr size_t Index(ScorePart part) { return static_cast<size_t>(part); }

// The first `columns` features of each row, one row after the other.
const float* FirstColumns(MatrixView rows, size_t columns, std::vector<float>& copy) {
  if (rows.columns == columns) return rows.values;
  copy.resize(std::max(copy.size(), rows.rows * columns));
  for (size_t i = 0; i < rows.rows; ++i) {
    std::copy_n(rows.row(i).data(), columns, copy.data() + i * columns);
  }
  return copy.data();
}

}  // namespace

OfParts<double> Standardize(const OfParts<PartScale>& scales, double network_score,
                            const NeighborhoodScores& scores) {
  OfParts<double> z = {};
  const auto set = [&](ScorePart part, double score) {
    z[Index(part)] = scales[Index(part)].Standardize(score);
  };
  set(ScorePart::kNetworks, network_score);
  set(ScorePart::kDistance, scores.distance);
  set(ScorePart::kScaledRatio, scores.scaled_ratio);
  set(ScorePart::kRankedRatio, scores.ranked_ratio);
  return z;
}

double CombinedScore(const OfParts<double>& z) {
  return ScoreOf(std::accumulate(z.begin(), z.end(), 0.0) / kScoreParts);
}

absl::StatusOr<std::unique_ptr<const NeighborhoodStage>> NeighborhoodStage::Create(
    Neighborhood neighborhood, InstructionSet set) {
  for (const PartScale& scale : neighborhood.scales) {
    if (absl::Status status = scale.Validate(); !status.ok()) return status;
  }
  absl::StatusOr<std::unique_ptr<const NeighborhoodMember>> member =
      NeighborhoodMember::Create(std::move(neighborhood.memory), set);
  if (!member.ok()) return member.status();
  return std::unique_ptr<const NeighborhoodStage>(
      new NeighborhoodStage(*std::move(member), neighborhood.scales));
}

bool NeighborhoodStage::Impute(std::span<float> scaled, size_t columns,
                               std::span<const float> otherwise, StageScratch& scratch,
                               BreakCounter& breaks) const {
  const size_t compared = member_->features();
  std::vector<float*>& rows = scratch.incomplete;
  rows.clear();
  scratch.unmarked.clear();
  for (size_t first = 0; first < scaled.size(); first += columns) {
    const std::span<const float> row = scaled.subspan(first, compared);
    if (std::ranges::none_of(row, [](float value) { return std::isnan(value); })) continue;
    rows.push_back(scaled.data() + first);
    scratch.unmarked.insert(scratch.unmarked.end(), row.begin(), row.end());
  }
  if (rows.empty()) return true;
  if (!member_->Impute(scratch.unmarked, rows.size(), otherwise.first(compared),
                       scratch.neighborhood, breaks)) {
    return false;
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(scratch.unmarked.data() + i * compared, compared, rows[i]);
  }
  return true;
}

bool NeighborhoodStage::Apply(MatrixView scaled, std::span<double> scores,
                              std::span<float> expected, std::span<double> contributions,
                              StageScratch& scratch, BreakCounter& breaks) const {
  const size_t d = scaled.columns;
  const size_t unmarked = member_->features();
  const float* const rows = FirstColumns(scaled, unmarked, scratch.unmarked);
  scratch.scores.resize(std::max(scratch.scores.size(), scores.size()));
  const std::span<NeighborhoodScores> found = std::span(scratch.scores).first(scores.size());
  if (!member_->Score(rows, found, scratch.neighborhood, breaks)) return false;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double network_score = scores[i];
    const OfParts<double> z = Standardize(scales_, network_score, found[i]);
    scores[i] = CombinedScore(z);
    if (!contributions.empty()) {
      Explain(rows, i, z, network_score, scores[i], contributions.subspan(i * d, d), scratch);
    }
    if (expected.empty()) continue;
    scratch.expected.resize(unmarked);
    member_->Expected(i, scratch.neighborhood, scratch.expected);
    for (size_t j = 0; j < unmarked; ++j) {
      expected[i * d + j] = (expected[i * d + j] + scratch.expected[j]) / 2;
    }
  }
  return true;
}

void NeighborhoodStage::Explain(const float* rows, size_t i, const OfParts<double>& z,
                                double network_score, double score, std::span<double> contributions,
                                StageScratch& scratch) const {
  double sum = 0;
  for (const double part : z) sum += ScoreOf(part);
  const auto weight = [&](ScorePart part) { return score * ScoreOf(z[Index(part)]) / sum; };

  const double networks = weight(ScorePart::kNetworks);
  for (double& contribution : contributions) {
    contribution = network_score > 0 ? networks * (contribution / network_score)
                                     : networks / static_cast<double>(contributions.size());
  }
  scratch.shares.resize(member_->features());
  const auto add = [&](ScorePart part) {
    const double factor = weight(part);
    for (size_t j = 0; j < scratch.shares.size(); ++j) {
      contributions[j] += factor * scratch.shares[j];
    }
  };
  member_->DistanceShares(rows, i, scratch.neighborhood, scratch.shares);
  add(ScorePart::kDistance);
  member_->ScaledRatioShares(rows, i, scratch.neighborhood, scratch.shares);
  add(ScorePart::kScaledRatio);
  member_->RankedRatioShares(i, scratch.neighborhood, scratch.shares);
  add(ScorePart::kRankedRatio);
}

}  // namespace advae
