#include "model/fitting/member_combination.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/fitting/drawn_rows.h"
#include "model/fitting/fit_whitening.h"
#include "model/fitting/quantile_mapping.h"
#include "model/fitting/row_tiles.h"
#include "model/scoring/scorer.h"
#include "model/scoring/whitening.h"
#include "model/spec/hyperparameters.h"

namespace advae {
namespace {

constexpr size_t kMaxWhiteningRows = 10'000;

absl::Status ValidateHeldOut(const TrainedMembers& members, size_t rows) {
  const std::vector<uint32_t>& held_out_from = members.held_out_from;
  const size_t count = members.networks.size();
  const auto is_member = [count](uint32_t member) { return member < count; };
  if (held_out_from.empty() ||
      (held_out_from.size() == rows && std::ranges::all_of(held_out_from, is_member))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("expected for each of the ", rows,
                                                 " training rows which of the ", count,
                                                 " members it was held out from"));
}

// At most `limit` of the indices, evenly spread.
std::vector<uint32_t> SpreadOver(std::span<const uint32_t> indices, size_t limit) {
  const size_t count = std::min(limit, indices.size());
  std::vector<uint32_t> some(count);
  for (size_t i = 0; i < count; ++i) some[i] = indices[i * indices.size() / count];
  return some;
}

double Mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// What both metrics work on.
struct Input {
  MatrixView rows;
  const MinMaxScaler& scaler;
  const LatentPlan& plan;
  const std::optional<MissingValues>& missing;
  int threads;
  // For each member the rows whose scores are learned from, and the rows it was trained on.
  std::vector<std::vector<uint32_t>> scored;
  std::vector<std::vector<uint32_t>> trained;
};

Input Prepare(const TrainedMembers& members, MatrixView rows, const MinMaxScaler& scaler,
              const LatentPlan& plan, const std::optional<MissingValues>& missing, int threads) {
  const size_t count = members.networks.size();
  Input input{.rows = rows,
              .scaler = scaler,
              .plan = plan,
              .missing = missing,
              .threads = threads,
              .scored = std::vector<std::vector<uint32_t>>(count),
              .trained = std::vector<std::vector<uint32_t>>(count)};
  for (size_t member = 0; member < count; ++member) {
    for (uint32_t row = 0; row < rows.rows; ++row) {
      const bool held_out = !members.held_out_from.empty() && members.held_out_from[row] == member;
      if (held_out || members.held_out_from.empty()) input.scored[member].push_back(row);
      if (!held_out) input.trained[member].push_back(row);
    }
  }
  return input;
}

absl::StatusOr<std::unique_ptr<const Scorer>> ScorerOf(const EnsembleMember& member,
                                                       const Input& input) {
  return Scorer::Create({member}, input.scaler, input.plan, std::nullopt, input.missing);
}

absl::StatusOr<std::vector<float>> WhiteningOf(const EnsembleMember& member,
                                               const std::vector<uint32_t>& trained,
                                               const Input& input) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<const Scorer> scorer, ScorerOf(member, input));
  const Matrix rows = CopyRows(input.rows, SpreadOver(trained, kMaxWhiteningRows));
  Matrix residuals = input.scaler.Transform(rows.view());
  std::vector<double> scores(rows.rows());
  std::vector<float> reconstructions(rows.values.size());
  scorer->Score(rows.view(), scores, {.expected = reconstructions});
  for (size_t i = 0; i < reconstructions.size(); ++i) {
    float& residual = residuals.values[i];
    residual = std::isnan(residual) ? 0 : residual - reconstructions[i];
  }
  return FitWhitening(residuals.view());
}

// Members whose scores are balanced.
struct BalancedMembers {
  Ensemble ensemble;
  // w_i s_i of the rows in Input::scored, by each member.
  std::vector<std::vector<double>> scores;
};

absl::StatusOr<std::vector<double>> ScoresBy(const EnsembleMember& member,
                                             std::span<const uint32_t> rows, const Input& input) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<const Scorer> scorer, ScorerOf(member, input));
  return ScoreRows(*scorer, input.rows, rows, input.threads);
}

absl::StatusOr<BalancedMembers> Balance(Ensemble ensemble, const Input& input) {
  BalancedMembers balanced;
  std::vector<double> means;
  for (size_t i = 0; i < ensemble.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(std::vector<double> scores,
                           ScoresBy(ensemble[i], input.scored[i], input));
    means.push_back(Mean(scores));
    balanced.scores.push_back(std::move(scores));
  }
  const std::vector<double> weights = BalancedWeights(means);
  for (size_t i = 0; i < ensemble.size(); ++i) {
    ensemble[i].weight = weights[i];
    for (double& score : balanced.scores[i]) score *= weights[i];
  }
  balanced.ensemble = std::move(ensemble);
  return balanced;
}

// The standard deviation of the logarithms of all members' scores.
double LogDeviation(const BalancedMembers& balanced) {
  std::vector<double> logarithms;
  for (const std::vector<double>& scores : balanced.scores) {
    for (const double score : scores) logarithms.push_back(std::log(std::max(score, DBL_MIN)));
  }
  const double mean = Mean(logarithms);
  double squares = 0;
  for (const double value : logarithms) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(logarithms.size()));
}

// The scores of the rows by the whole ensemble, as if no member had seen them where rows were held
// out.
absl::StatusOr<std::vector<double>> TrainingScores(const BalancedMembers& balanced,
                                                   bool has_held_out, const Input& input) {
  std::vector<double> sums(input.rows.rows);
  for (size_t i = 0; i < balanced.scores.size(); ++i) {
    const std::vector<double>& scores = balanced.scores[i];
    for (size_t j = 0; j < scores.size(); ++j) sums[input.scored[i][j]] += scores[j];
    if (!has_held_out) continue;
    ADVAE_ASSIGN_OR_RETURN(std::vector<double> seen,
                           ScoresBy(balanced.ensemble[i], input.trained[i], input));
    if (!scores.empty() && !seen.empty()) seen = MapQuantiles(seen, scores);
    for (size_t j = 0; j < seen.size(); ++j) sums[input.trained[i][j]] += seen[j];
  }
  return sums;
}

v1::ErrorMetric ResolveMetric(const TrainedMembers& members, size_t features) {
  const bool automatic = members.error_metric == v1::ERROR_METRIC_AUTOMATIC;
  const bool can_choose = !members.held_out_from.empty() && features <= kMaxWhitenedFeatures;
  return automatic && !can_choose ? v1::ERROR_METRIC_SQUARED : members.error_metric;
}

// Balances the members under the metric, whose AUTOMATIC stands for the better one.
absl::StatusOr<BalancedMembers> BalanceUnder(v1::ErrorMetric metric, Ensemble ensemble,
                                             const Input& input) {
  if (metric == v1::ERROR_METRIC_SQUARED) return Balance(std::move(ensemble), input);

  Ensemble whitened = ensemble;
  for (size_t i = 0; i < whitened.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(whitened[i].whitening,
                           WhiteningOf(ensemble[i], input.trained[i], input));
  }
  absl::StatusOr<BalancedMembers> with_whitening = Balance(std::move(whitened), input);
  if (!with_whitening.ok() || metric == v1::ERROR_METRIC_WHITENED) return with_whitening;
  absl::StatusOr<BalancedMembers> without = Balance(std::move(ensemble), input);
  if (!without.ok()) return without;
  const bool whiten = LogDeviation(*with_whitening) < LogDeviation(*without);
  return whiten ? std::move(with_whitening) : std::move(without);
}

}  // namespace

absl::StatusOr<CombinedMembers> CombineMembers(const TrainedMembers& members, MatrixView rows,
                                               const MinMaxScaler& scaler, const LatentPlan& plan,
                                               const std::optional<MissingValues>& missing,
                                               int threads) {
  Ensemble ensemble;
  for (const NetworkWeights& networks : members.networks)
    ensemble.push_back({.networks = networks});
  absl::Status status = ValidateEnsemble(ensemble);
  status.Update(ValidateHeldOut(members, rows.rows));
  if (!status.ok()) return status;
  const Input input = Prepare(members, rows, scaler, plan, missing, threads);
  ADVAE_ASSIGN_OR_RETURN(
      BalancedMembers balanced,
      BalanceUnder(ResolveMetric(members, rows.columns), std::move(ensemble), input));
  ADVAE_ASSIGN_OR_RETURN(std::vector<double> scores,
                         TrainingScores(balanced, !members.held_out_from.empty(), input));
  return CombinedMembers{.ensemble = std::move(balanced.ensemble),
                         .training_scores = std::move(scores)};
}

}  // namespace advae
