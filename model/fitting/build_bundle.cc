#include "model/fitting/build_bundle.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
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
#include "model/fitting/row_tiles.h"
#include "model/scoring/scorer.h"

namespace advae {
namespace {

constexpr double kQuantiles[] = {0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1};
// Below which a memory promises too much: with 30, a tenth to a fifth of the new rows are anomalies
// at an alpha of .05.
constexpr size_t kFewRows = 100;

absl::Status ValidateRows(MatrixView rows, size_t features, bool may_miss) {
  if (rows.rows == 0 || rows.columns != features) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected training rows of ", features, " columns, as the networks have, got ",
                     rows.rows, " rows of ", rows.columns, " columns"));
  }
  const std::span<const float> values(rows.values, rows.rows * rows.columns);
  const auto bad = std::ranges::find_if_not(
      values, [may_miss](float v) { return std::isfinite(v) || (may_miss && std::isnan(v)); });
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

// Learns from the bundle's training scores, but the highest, what its metadata says of them, and
// the first threshold.
absl::Status LearnThreshold(const BundleOptions& options, VersionBundle& bundle) {
  const absl::StatusOr<ScoreDistribution> distribution =
      ScoreDistribution::Fit(WithoutHighest(bundle.training_scores, options.trimmed_share));
  if (!distribution.ok()) return distribution.status();
  const absl::StatusOr<double> threshold = distribution->Threshold(options.alpha);
  if (!threshold.ok()) return threshold.status();
  v1::VersionInfo& info = bundle.info;
  info.set_trimmed_share(options.trimmed_share);
  info.set_bandwidth(distribution->bandwidth());
  info.clear_score_quantiles();
  for (const double probability : kQuantiles) {
    v1::ScoreQuantile* const quantile = info.add_score_quantiles();
    quantile->set_probability(probability);
    quantile->set_score(distribution->Quantile(probability));
  }
  info.clear_threshold_history();
  v1::ThresholdRecord* const record = info.add_threshold_history();
  record->set_alpha(options.alpha);
  record->set_threshold(*threshold);
  *record->mutable_set_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
  return absl::OkStatus();
}

// Warnings about the rows' columns; of a table, about its numbers alone. What speaks against one
// of them as a feature has been seen before, but a setting may have made it one all the same.
std::vector<std::string> Review(MatrixView rows, const std::vector<std::string>& names,
                                const TableEncoder* encoder) {
  std::vector<ColumnFinding> findings = ReviewColumns(rows);
  if (encoder != nullptr) {
    std::erase_if(findings, [encoder](const ColumnFinding& finding) {
      const uint32_t column = encoder->column_of(finding.column);
      const bool is_told = finding.problem == ColumnProblem::kFewValues ||
                           finding.problem == ColumnProblem::kOneDirection;
      return !is_told || finding.column >= encoder->features() - encoder->marks() ||
             encoder->schema().columns(static_cast<int>(column)).kind() != v1::COLUMN_KIND_NUMBER;
    });
  }
  return ColumnWarnings(findings, names);
}

// Features that are all of their column, ascending. Those of a category or a time depend on one
// another by how they are encoded, which a category that training has not met would break.
std::vector<uint32_t> WholeColumns(const TableEncoder* encoder) {
  std::vector<uint32_t> whole;
  if (encoder == nullptr) return whole;
  const size_t features = encoder->features() - encoder->marks();
  std::map<uint32_t, size_t> widths;
  for (size_t feature = 0; feature < features; ++feature) ++widths[encoder->column_of(feature)];
  for (uint32_t feature = 0; feature < features; ++feature) {
    if (widths[encoder->column_of(feature)] == 1) whole.push_back(feature);
  }
  return whole;
}

void DescribeRows(MatrixView rows, v1::VersionInfo& info) {
  info.set_training_rows(rows.rows);
  info.set_data_fingerprint(Fingerprint(rows));
}

}  // namespace

NeighborhoodOptions NeighborhoodOptionsOf(const BundleOptions& options) {
  return {.memory_rows = options.memory_rows, .seed = options.seed, .threads = options.threads};
}

absl::StatusOr<VersionBundle> BuildBundle(const BundleOptions& options, MatrixView training_rows,
                                          const TrainedMembers& members, MinMaxScaler scaler) {
  const TrainingRows rows = TrainingRows::Prepare(training_rows, options.encoder.get(), scaler,
                                                  NeighborhoodOptionsOf(options));
  return BuildBundle(options, rows, members, std::move(scaler));
}

absl::StatusOr<VersionBundle> BuildBundle(const BundleOptions& options,
                                          const TrainingRows& training_rows,
                                          const TrainedMembers& members, MinMaxScaler scaler) {
  const std::vector<std::string> names =
      options.feature_names.empty() ? DefaultFeatureNames(scaler.columns()) : options.feature_names;
  if (members.networks.empty()) return absl::InvalidArgumentError("the ensemble has no member");
  const NetworkWeights& first = members.networks.front();
  absl::Status status = ValidateAlpha(options.alpha);
  status.Update(ValidateTrimmedShare(options.trimmed_share));
  status.Update(ValidateFeatureNames(names, scaler.columns()));
  if (!status.ok()) return status;
  const std::optional<MissingValues>& missing = training_rows.missing();
  status.Update(ValidateRows(training_rows.rows(), first.features(), missing.has_value()));
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
          ? CombineMembers(members, training_rows.complete(), scaler, *plan, missing,
                           options.threads)
          : CombineMembers(members, scaler.Limit(training_rows.complete()).view(), scaler, *plan,
                           missing, options.threads);
  if (!combined.ok()) return combined.status();
  std::optional<Neighborhood> neighborhood;
  if (options.memory_rows > 0) {
    NeighborhoodOptions neighborhood_options = NeighborhoodOptionsOf(options);
    neighborhood_options.marks = missing ? missing->marks : 0;
    neighborhood_options.remembered = training_rows.remembered();
    const MatrixView incomplete = training_rows.rows();
    if (training_rows.remembered() != nullptr) neighborhood_options.incomplete = &incomplete;
    const std::vector<uint32_t> relatable = WholeColumns(options.encoder.get());
    if (options.encoder != nullptr) neighborhood_options.relatable = &relatable;
    absl::StatusOr<FittedNeighborhood> fitted = FitNeighborhood(
        training_rows.complete(), scaler, combined->training_scores, neighborhood_options);
    if (!fitted.ok()) return fitted.status();
    neighborhood = std::move(fitted->neighborhood);
    combined->training_scores = std::move(fitted->training_scores);
  }

  v1::VersionInfo info;
  info.set_model(options.model);
  info.set_seed(options.seed);
  *info.mutable_latent_plan() = plan->spec;
  DescribeRows(training_rows.rows(), info);
  AddFeatures(names, scaler, info);
  if (options.encoder != nullptr) *info.mutable_schema() = options.encoder->schema();
  for (std::string& warning : Review(training_rows.rows(), names, options.encoder.get())) {
    info.add_warnings(std::move(warning));
  }
  const size_t rows = training_rows.rows().rows;
  if (options.memory_rows > 0 && rows < kFewRows) {
    info.add_warnings(absl::StrCat("only ", rows,
                                   " training rows: new rows differ from them more than they do "
                                   "from one another, and several times as many as alpha says may "
                                   "be anomalies; train on some hundred"));
  }
  if (options.alpha * static_cast<double>(rows) < 1) {
    info.add_warnings(absl::StrCat("alpha is ", options.alpha, ", less than one of the ", rows,
                                   " training rows: the threshold is an extrapolation beyond "
                                   "them; train on more rows, or choose a larger alpha"));
  }
  VersionBundle bundle{.info = std::move(info),
                       .ensemble = std::move(combined->ensemble),
                       .scaler = std::move(scaler),
                       .plan = *std::move(plan),
                       .training_scores = std::move(combined->training_scores),
                       .neighborhood = std::move(neighborhood),
                       .encoder = options.encoder,
                       .missing = missing};
  status = LearnThreshold(options, bundle);
  if (!status.ok()) return status;
  return bundle;
}

absl::Status AddLeftOutRows(const BundleOptions& options, MatrixView training_rows,
                            std::span<const uint32_t> kept, VersionBundle& bundle) {
  const absl::StatusOr<std::unique_ptr<const Scorer>> scorer = Scorer::Create(
      bundle.ensemble, bundle.scaler, bundle.plan, bundle.neighborhood, bundle.missing);
  if (!scorer.ok()) return scorer.status();
  std::vector<double> scores(training_rows.rows);
  std::vector<uint32_t> left_out;
  for (uint32_t row = 0, i = 0; row < training_rows.rows; ++row) {
    if (i < kept.size() && kept[i] == row) {
      scores[row] = bundle.training_scores[i++];
    } else {
      left_out.push_back(row);
    }
  }
  const std::vector<double> others = ScoreRows(**scorer, training_rows, left_out, options.threads);
  for (size_t i = 0; i < left_out.size(); ++i) scores[left_out[i]] = others[i];
  bundle.training_scores = std::move(scores);
  if (bundle.neighborhood) {
    for (uint32_t& row : bundle.neighborhood->memory.training_rows) row = kept[row];
  }
  DescribeRows(training_rows, bundle.info);
  bundle.info.set_left_out_rows(left_out.size());
  return LearnThreshold(options, bundle);
}

}  // namespace advae
