#include "model/fitting/member_combination.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <exception>
#include <memory>
#include <numeric>
#include <span>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/fitting/fit_whitening.h"
#include "model/fitting/quantile_mapping.h"
#include "model/scoring/scorer.h"
#include "model/scoring/whitening.h"

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

// Copies of the given rows, or of at most `limit` of them, evenly spread.
Matrix Gather(MatrixView rows, const std::vector<size_t>& indices, size_t limit) {
  Matrix gathered{.values = {}, .columns = rows.columns};
  const size_t count = std::min(limit, indices.size());
  gathered.values.reserve(count * rows.columns);
  for (size_t i = 0; i < count; ++i) {
    const std::span<const float> row = rows.row(indices[i * indices.size() / count]);
    gathered.values.insert(gathered.values.end(), row.begin(), row.end());
  }
  return gathered;
}

// Scores `rows` in contiguous shares, one a thread. The scores do not depend on the shares. What a
// thread throws, for lack of memory, is thrown here.
std::vector<double> ScoreRows(const Scorer& scorer, MatrixView rows, int threads) {
  std::vector<double> scores(rows.rows);
  const size_t share = std::max<size_t>(1, (rows.rows + threads - 1) / threads);
  std::vector<std::exception_ptr> errors((rows.rows + share - 1) / share);
  {
    std::vector<std::jthread> workers;  // joined at the end of the scope
    for (size_t first = 0; first < rows.rows; first += share) {
      const size_t count = std::min(share, rows.rows - first);
      workers.emplace_back([&scorer, &scores, rows, first, count, &error = errors[first / share]] {
        try {
          scorer.Score(rows.Slice(first, count), std::span(scores).subspan(first, count));
        } catch (...) {
          error = std::current_exception();
        }
      });
    }
  }
  for (const std::exception_ptr& error : errors) {
    if (error != nullptr) std::rethrow_exception(error);
  }
  return scores;
}

double Mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Standard deviation of the logarithms.
double LogDeviation(std::span<const double> scores) {
  std::vector<double> logarithms;
  for (const double score : scores) logarithms.push_back(std::log(std::max(score, DBL_MIN)));
  const double mean = Mean(logarithms);
  double squares = 0;
  for (const double value : logarithms) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(logarithms.size()));
}

// What both metrics work on.
struct Input {
  MatrixView rows;
  const MinMaxScaler& scaler;
  const LatentPlan& plan;
  int threads;
  // For each member the rows whose scores are learned from, and the rows it was trained on.
  std::vector<std::vector<size_t>> scored;
  std::vector<std::vector<size_t>> trained;
};

Input Prepare(const TrainedMembers& members, MatrixView rows, const MinMaxScaler& scaler,
              const LatentPlan& plan, int threads) {
  const size_t count = members.networks.size();
  Input input{.rows = rows,
              .scaler = scaler,
              .plan = plan,
              .threads = threads,
              .scored = std::vector<std::vector<size_t>>(count),
              .trained = std::vector<std::vector<size_t>>(count)};
  for (size_t member = 0; member < count; ++member) {
    for (size_t row = 0; row < rows.rows; ++row) {
      const bool held_out = !members.held_out_from.empty() && members.held_out_from[row] == member;
      if (held_out || members.held_out_from.empty()) input.scored[member].push_back(row);
      if (!held_out) input.trained[member].push_back(row);
    }
  }
  return input;
}

absl::StatusOr<std::vector<float>> WhiteningOf(const EnsembleMember& member,
                                               const std::vector<size_t>& trained,
                                               const Input& input) {
  ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<const Scorer> scorer,
                         Scorer::Create({member}, input.scaler, input.plan));
  const Matrix rows = Gather(input.rows, trained, kMaxWhiteningRows);
  Matrix residuals = input.scaler.Transform(rows.view());
  std::vector<double> scores(rows.rows());
  std::vector<float> reconstructions(rows.values.size());
  scorer->Score(rows.view(), scores, {.expected = reconstructions});
  for (size_t i = 0; i < reconstructions.size(); ++i) residuals.values[i] -= reconstructions[i];
  return FitWhitening(residuals.view());
}

// Balances the ensemble and computes the training scores.
absl::StatusOr<CombinedMembers> Combine(Ensemble ensemble, const Input& input) {
  std::vector<std::vector<double>> scores;  // by each member alone of the rows in input.scored
  std::vector<double> means;
  for (size_t i = 0; i < ensemble.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<const Scorer> scorer,
                           Scorer::Create({ensemble[i]}, input.scaler, input.plan));
    const Matrix rows = Gather(input.rows, input.scored[i], input.rows.rows);
    scores.push_back(ScoreRows(*scorer, rows.view(), input.threads));
    means.push_back(Mean(scores.back()));
  }
  const std::vector<double> weights = BalancedWeights(means);

  std::vector<double> training_scores(input.rows.rows);
  std::vector<double> counts(input.rows.rows);
  for (size_t i = 0; i < ensemble.size(); ++i) {
    ensemble[i].weight = weights[i];
    for (size_t j = 0; j < scores[i].size(); ++j) {
      const size_t row = input.scored[i][j];
      training_scores[row] += weights[i] * scores[i][j];
      ++counts[row];
    }
  }
  const auto members = static_cast<double>(ensemble.size());
  for (size_t row = 0; row < training_scores.size(); ++row) {
    training_scores[row] *= members / counts[row];  // 1 when all members scored it
  }
  return CombinedMembers{.ensemble = std::move(ensemble),
                         .training_scores = std::move(training_scores)};
}

std::vector<double> ValuesAt(std::span<const double> values, const std::vector<size_t>& indices) {
  std::vector<double> found;
  found.reserve(indices.size());
  for (const size_t index : indices) found.push_back(values[index]);
  return found;
}

// The scores of the rows by the whole ensemble, as if no member had seen them.
absl::StatusOr<std::vector<double>> UnseenScores(const Ensemble& ensemble, const Input& input) {
  std::vector<double> sums(input.rows.rows);
  for (size_t i = 0; i < ensemble.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(const std::unique_ptr<const Scorer> scorer,
                           Scorer::Create({ensemble[i]}, input.scaler, input.plan));
    const std::vector<double> scores = ScoreRows(*scorer, input.rows, input.threads);
    const std::vector<double> held_out = ValuesAt(scores, input.scored[i]);
    std::vector<double> seen = ValuesAt(scores, input.trained[i]);
    if (!held_out.empty() && !seen.empty()) seen = MapQuantiles(seen, held_out);
    for (size_t j = 0; j < held_out.size(); ++j) sums[input.scored[i][j]] += held_out[j];
    for (size_t j = 0; j < seen.size(); ++j) sums[input.trained[i][j]] += seen[j];
  }
  return sums;
}

v1::ErrorMetric ResolveMetric(const TrainedMembers& members, size_t features) {
  const bool automatic = members.error_metric == v1::ERROR_METRIC_AUTOMATIC;
  const bool can_choose = !members.held_out_from.empty() && features <= kMaxWhitenedFeatures;
  return automatic && !can_choose ? v1::ERROR_METRIC_SQUARED : members.error_metric;
}

// Combines the members under the metric, whose AUTOMATIC stands for the better one.
absl::StatusOr<CombinedMembers> CombineUnder(v1::ErrorMetric metric, Ensemble ensemble,
                                             const Input& input) {
  if (metric == v1::ERROR_METRIC_SQUARED) return Combine(std::move(ensemble), input);

  Ensemble whitened = ensemble;
  for (size_t i = 0; i < whitened.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(whitened[i].whitening,
                           WhiteningOf(ensemble[i], input.trained[i], input));
  }
  absl::StatusOr<CombinedMembers> with_whitening = Combine(std::move(whitened), input);
  if (!with_whitening.ok() || metric == v1::ERROR_METRIC_WHITENED) return with_whitening;
  absl::StatusOr<CombinedMembers> without = Combine(std::move(ensemble), input);
  if (!without.ok()) return without;
  const bool whiten =
      LogDeviation(with_whitening->training_scores) < LogDeviation(without->training_scores);
  return whiten ? std::move(with_whitening) : std::move(without);
}

}  // namespace

absl::StatusOr<CombinedMembers> CombineMembers(const TrainedMembers& members, MatrixView rows,
                                               const MinMaxScaler& scaler, const LatentPlan& plan,
                                               int threads) {
  Ensemble ensemble;
  for (const NetworkWeights& networks : members.networks)
    ensemble.push_back({.networks = networks});
  absl::Status status = ValidateEnsemble(ensemble);
  status.Update(ValidateHeldOut(members, rows.rows));
  if (!status.ok()) return status;
  const Input input = Prepare(members, rows, scaler, plan, threads);
  absl::StatusOr<CombinedMembers> combined =
      CombineUnder(ResolveMetric(members, rows.columns), std::move(ensemble), input);
  if (!combined.ok() || members.held_out_from.empty()) return combined;
  ADVAE_ASSIGN_OR_RETURN(combined->training_scores, UnseenScores(combined->ensemble, input));
  return combined;
}

}  // namespace advae
