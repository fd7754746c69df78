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

double CombinedScore(const OfParts<double>& z, double bonus) {
  return ScoreOf(std::accumulate(z.begin(), z.end(), 0.0) / kScoreParts + bonus);
}

absl::StatusOr<std::unique_ptr<const NeighborhoodStage>> NeighborhoodStage::Create(
    Neighborhood neighborhood, InstructionSet set) {
  for (const PartScale& scale : neighborhood.scales) {
    if (absl::Status status = scale.Validate(); !status.ok()) return status;
  }
  absl::StatusOr<std::unique_ptr<const NeighborhoodMember>> member =
      NeighborhoodMember::Create(std::move(neighborhood.memory), set);
  if (!member.ok()) return member.status();
  std::optional<FeatureRelations>& relations = neighborhood.relations;
  if (relations) {
    if (absl::Status status = relations->Validate((*member)->features()); !status.ok()) {
      return status;
    }
  }
  return std::unique_ptr<const NeighborhoodStage>(
      new NeighborhoodStage(*std::move(member), neighborhood.scales, std::move(relations)));
}

bool NeighborhoodStage::Impute(std::span<float> scaled, size_t columns,
                               std::span<const float> otherwise, StageScratch& scratch,
                               BreakCounter& breaks) const {
  const size_t compared = member_->features();
  std::vector<float*>& rows = scratch.incomplete;
  rows.clear();
  scratch.unmarked.clear();
  scratch.unrelated.assign(scaled.size() / columns, false);
  const auto is_missing = [](float value) { return std::isnan(value); };
  for (size_t first = 0; first < scaled.size(); first += columns) {
    const std::span<const float> row = scaled.subspan(first, compared);
    if (std::ranges::none_of(row, is_missing)) continue;
    if (relations_) {
      scratch.unrelated[first / columns] = std::ranges::any_of(
          relations_->related, [&row](uint32_t feature) { return std::isnan(row[feature]); });
    }
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

bool NeighborhoodStage::Apply(MatrixView scaled, bool imputed, std::span<double> scores,
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
    const float* const row = rows + i * unmarked;
    double bonus = 0;
    if (relations_ && !(imputed && scratch.unrelated[i])) {
      if (breaks.ShouldStopAfter(relations_->multiply_adds())) return false;
      bonus = Bonus(row, scratch);
    }
    scores[i] = CombinedScore(z, bonus);
    if (!contributions.empty()) {
      const std::span<double> shares = contributions.subspan(i * d, d);
      const double without = CombinedScore(z);
      Explain(rows, i, z, network_score, without, shares, scratch);
      if (bonus > 0) ExplainBonus(scores[i] - without, shares, scratch);
    }
    if (expected.empty()) continue;
    const std::span<float> values = expected.subspan(i * d, unmarked);
    scratch.expected.resize(unmarked);
    member_->Expected(i, scratch.neighborhood, scratch.expected);
    for (size_t j = 0; j < unmarked; ++j) values[j] = (values[j] + scratch.expected[j]) / 2;
    if (bonus > 0) ExpectRelated(row, values, scratch);
  }
  return true;
}

double NeighborhoodStage::Bonus(const float* row, StageScratch& scratch) const {
  scratch.residuals.resize(relations_->explained.size());
  relations_->Residuals(row, scratch.residuals);
  return relations_->Bonus(scratch.residuals);
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

void NeighborhoodStage::ExplainBonus(double added, std::span<double> contributions,
                                     const StageScratch& scratch) const {
  const std::vector<double>& residuals = scratch.residuals;
  const double squares =
      std::inner_product(residuals.begin(), residuals.end(), residuals.begin(), 0.0);
  for (size_t n = 0; n < residuals.size(); ++n) {
    contributions[relations_->related[relations_->explained[n]]] +=
        added * (residuals[n] * residuals[n] / squares);
  }
}

void NeighborhoodStage::ExpectRelated(const float* row, std::span<float> expected,
                                      const StageScratch& scratch) const {
  const std::vector<double>& residuals = scratch.residuals;
  for (size_t n = 0; n < residuals.size(); ++n) {
    if (std::abs(residuals[n]) <= relations_->threshold) continue;
    const uint32_t feature = relations_->related[relations_->explained[n]];
    expected[feature] = static_cast<float>(relations_->Expected(n, row[feature], residuals[n]));
  }
}

}  // namespace advae
