#include "model/fitting/build_bundle.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/sha256.h"
#include "model/distribution/score_distribution.h"
#include "model/fitting/column_review.h"
#include "model/fitting/feature_names.h"
#include "model/fitting/fit_neighborhood.h"
#include "model/fitting/member_combination.h"

namespace advae {
namespace {

constexpr double kQuantiles[] = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};

absl::Status ValidateRows(MatrixView rows, size_t features) {
  if (rows.rows == 0 || rows.columns != features) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected training rows of ", features, " columns, as the networks have, got ",
                     rows.rows, " rows of ", rows.columns, " columns"));
  }
  const std::span<const float> values(rows.values, rows.rows * rows.columns);
  const auto bad = std::ranges::find_if_not(values, [](float v) { return std::isfinite(v); });
  if (bad == values.end()) return absl::OkStatus();
  const size_t index = static_cast<size_t>(bad - values.begin());
  return absl::InvalidArgumentError(absl::StrCat("training row ", index / rows.columns, ", column ",
                                                 index % rows.columns,
                                                 ": expected a finite value, got ", *bad));
}

std::string Fingerprint(MatrixView rows) {
  static_assert(std::endian::native == std::endian::little);
  return Sha256Hex(std::string_view(reinterpret_cast<const char*>(rows.values),
                                    rows.rows * rows.columns * sizeof(float)));
}

void AddFeatures(const std::vector<std::string>& names, const MinMaxScaler& scaler,
                 v1::VersionInfo& info) {
  for (size_t j = 0; j < names.size(); ++j) {
    v1::Feature* const feature = info.add_features();
    feature->set_name(names[j]);
    feature->set_minimum(scaler.minimum()[j]);
    feature->set_maximum(scaler.maximum()[j]);
  }
}

void AddDistribution(const ScoreDistribution& distribution, double alpha, double threshold,
                     v1::VersionInfo& info) {
  info.set_bandwidth(distribution.bandwidth());
  for (const double probability : kQuantiles) {
    v1::ScoreQuantile* const quantile = info.add_score_quantiles();
    quantile->set_probability(probability);
    quantile->set_score(distribution.Quantile(probability));
  }
  v1::ThresholdRecord* const record = info.add_threshold_history();
  record->set_alpha(alpha);
  record->set_threshold(threshold);
  *record->mutable_set_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
}

}  // namespace

absl::StatusOr<VersionBundle> BuildBundle(const BundleOptions& options, MatrixView training_rows,
                                          const TrainedMembers& members, MinMaxScaler scaler) {
  const std::vector<std::string> names =
      options.feature_names.empty() ? DefaultFeatureNames(scaler.columns()) : options.feature_names;
  if (members.networks.empty()) return absl::InvalidArgumentError("the ensemble has no member");
  const NetworkWeights& first = members.networks.front();
  absl::Status status = ValidateAlpha(options.alpha);
  status.Update(ValidateTrimmedShare(options.trimmed_share));
  status.Update(ValidateFeatureNames(names, scaler.columns()));
  if (!status.ok()) return status;
  status.Update(ValidateRows(training_rows, first.features()));
  if (!status.ok()) return status;
  if (options.threads < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at least 1 thread, got ", options.threads));
  }

  absl::StatusOr<LatentPlan> plan =
      DrawLatentPlan(options.latent_plan, first.latent_size(), options.seed);
  if (!plan.ok()) return plan.status();
  absl::StatusOr<CombinedMembers> combined =
      options.memory_rows == 0
          ? CombineMembers(members, training_rows, scaler, *plan, options.threads)
          : CombineMembers(members, scaler.Limit(training_rows).view(), scaler, *plan,
                           options.threads);
  if (!combined.ok()) return combined.status();
  std::optional<Neighborhood> neighborhood;
  if (options.memory_rows > 0) {
    absl::StatusOr<FittedNeighborhood> fitted = FitNeighborhood(
        training_rows, scaler, combined->training_scores,
        {.memory_rows = options.memory_rows, .seed = options.seed, .threads = options.threads});
    if (!fitted.ok()) return fitted.status();
    neighborhood = std::move(fitted->neighborhood);
    combined->training_scores = std::move(fitted->training_scores);
  }
  const absl::StatusOr<ScoreDistribution> distribution =
      ScoreDistribution::Fit(WithoutHighest(combined->training_scores, options.trimmed_share));
  if (!distribution.ok()) return distribution.status();
  const absl::StatusOr<double> threshold = distribution->Threshold(options.alpha);
  if (!threshold.ok()) return threshold.status();

  v1::VersionInfo info;
  info.set_model(options.model);
  info.set_seed(options.seed);
  *info.mutable_latent_plan() = plan->spec;
  info.set_training_rows(training_rows.rows);
  info.set_trimmed_share(options.trimmed_share);
  info.set_data_fingerprint(Fingerprint(training_rows));
  AddFeatures(names, scaler, info);
  AddDistribution(*distribution, options.alpha, *threshold, info);
  for (std::string& warning : ColumnWarnings(ReviewColumns(training_rows), names)) {
    info.add_warnings(std::move(warning));
  }
  return VersionBundle{.info = std::move(info),
                       .ensemble = std::move(combined->ensemble),
                       .scaler = std::move(scaler),
                       .plan = *std::move(plan),
                       .training_scores = std::move(combined->training_scores),
                       .neighborhood = std::move(neighborhood)};
}

}  // namespace advae
