#include "server/metrics/model_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "proto/loss_terms.h"

namespace advae {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Labels;

// Even steps, so that a uniform distribution shows as equal increments, and finer ones where
// alarms are.
const prometheus::Histogram::BucketBoundaries& PValueBuckets() {
  static const auto& buckets = *new prometheus::Histogram::BucketBoundaries{
      0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};
  return buckets;
}

const std::string kOtherColumns = "(others)";

std::vector<prometheus::Gauge*> AddLosses(prometheus::Family<prometheus::Gauge>& family,
                                          const std::string& model) {
  std::vector<prometheus::Gauge*> gauges;
  for (const auto& [term, value] : NamedTerms({})) {
    gauges.push_back(&family.Add({{"model", model}, {"term", term}}));
  }
  return gauges;
}

prometheus::Family<prometheus::Counter>& Counter(prometheus::Registry& registry, const char* name,
                                                 const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Gauge>& Gauge(prometheus::Registry& registry, const char* name,
                                             const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

ModelMetricFamilies::ModelMetricFamilies(prometheus::Registry& registry)
    : rows_scored(Counter(registry, "advae_rows_scored_total", "Rows that got a score.")),
      alarms(Counter(registry, "advae_alarms_total", "Rows called anomalous.")),
      invalid_rows(Counter(registry, "advae_invalid_rows_total",
                           "Rows with a NaN, which get no score, or an infinite value.")),
      cells(Counter(registry, "advae_cells_total",
                    "Cells of scored tables without a value, or with an unseen category.")),
      p_value(BuildHistogram()
                  .Name("advae_p_value")
                  .Help("P-values of scored rows; uniform while traffic is like the training data.")
                  .Register(registry)),
      threshold(Gauge(registry, "advae_threshold", "Serving threshold s_alpha, in score units.")),
      alpha(Gauge(registry, "advae_alpha", "Significance of the serving threshold.")),
      serving_version(Gauge(registry, "advae_serving_version", "Version that serves the model.")),
      versions(Gauge(registry, "advae_versions", "Loaded versions of the model.")),
      training_epoch(
          Gauge(registry, "advae_training_epoch", "Completed epochs of the latest training.")),
      training_epochs(Gauge(registry, "advae_training_epochs", "Epochs of the latest training.")),
      training_rows_per_second(Gauge(registry, "advae_training_rows_per_second",
                                     "Rows processed a second by the latest training.")),
      training_loss(Gauge(registry, "advae_training_loss",
                          "Loss terms of the latest training, averaged over its last epoch.")) {}

ModelMetrics::ModelMetrics(ModelMetricFamilies& families, const std::string& model)
    : families_(families),
      model_(model),
      rows_scored_(families.rows_scored.Add({{"model", model}})),
      alarms_(families.alarms.Add({{"model", model}})),
      nan_rows_(families.invalid_rows.Add({{"model", model}, {"kind", "nan"}})),
      infinite_rows_(families.invalid_rows.Add({{"model", model}, {"kind", "infinite"}})),
      p_value_(families.p_value.Add({{"model", model}}, PValueBuckets())),
      threshold_(families.threshold.Add({{"model", model}})),
      alpha_(families.alpha.Add({{"model", model}})),
      serving_version_(families.serving_version.Add({{"model", model}})),
      versions_(families.versions.Add({{"model", model}})),
      training_epoch_(families.training_epoch.Add({{"model", model}})),
      training_epochs_(families.training_epochs.Add({{"model", model}})),
      training_rows_per_second_(families.training_rows_per_second.Add({{"model", model}})),
      training_losses_(AddLosses(families.training_loss, model)) {}

void ModelMetrics::CountScores(const v1::ScoreResponse& response,
                               const v1::ThresholdRecord* in_force) {
  const auto& buckets = PValueBuckets();
  std::vector<double> increments(buckets.size() + 1, 0.0);
  double sum = 0;
  size_t scored = 0;
  size_t infinite = 0;
  size_t alarms = 0;
  for (int i = 0; i < response.scores_size(); ++i) {
    if (std::isnan(response.scores(i))) continue;
    const double p = response.p_values(i);
    const auto bucket = std::lower_bound(buckets.begin(), buckets.end(), p) - buckets.begin();
    increments[bucket] += 1;
    sum += p;
    ++scored;
    infinite += std::isinf(response.scores(i)) ? 1 : 0;
    const bool is_alarm =
        in_force != nullptr ? response.scores(i) >= in_force->threshold() : response.anomalies(i);
    alarms += is_alarm ? 1 : 0;
  }
  p_value_.ObserveMultiple(increments, sum);
  rows_scored_.Increment(static_cast<double>(scored));
  alarms_.Increment(static_cast<double>(alarms));
  nan_rows_.Increment(static_cast<double>(response.scores_size() - scored));
  infinite_rows_.Increment(static_cast<double>(infinite));
}

void ModelMetrics::CountCells(const std::string& column, const CellCounts& cells) {
  absl::MutexLock lock(&mutex_);
  const bool is_known = cells_.contains(column) || cells_.size() < kMaxCellColumns;
  const std::string& name = is_known ? column : kOtherColumns;
  CellCounters& counters = cells_[name];
  if (cells.missing > 0) {
    if (counters.missing == nullptr) counters.missing = &AddCellCounter(name, "missing");
    counters.missing->Increment(static_cast<double>(cells.missing));
  }
  if (cells.unseen > 0) {
    if (counters.unseen == nullptr) counters.unseen = &AddCellCounter(name, "unseen");
    counters.unseen->Increment(static_cast<double>(cells.unseen));
  }
}

prometheus::Counter& ModelMetrics::AddCellCounter(const std::string& column, const char* kind) {
  return families_.cells.Add({{"model", model_}, {"column", column}, {"kind", kind}});
}

void ModelMetrics::SetServing(const v1::VersionInfo& serving, size_t versions) {
  const v1::ThresholdRecord& record = *serving.threshold_history().rbegin();
  threshold_.Set(record.threshold());
  alpha_.Set(record.alpha());
  serving_version_.Set(static_cast<double>(serving.version()));
  versions_.Set(static_cast<double>(versions));
}

void ModelMetrics::SetTrainingProgress(const v1::TrainProgress& progress) {
  training_epoch_.Set(progress.epoch());
  training_epochs_.Set(progress.epochs());
  training_rows_per_second_.Set(progress.rows_per_second());
  const auto losses = NamedTerms(progress.losses());
  for (size_t i = 0; i < losses.size(); ++i) training_losses_[i]->Set(losses[i].second);
}

void ModelMetrics::RemoveSeries() {
  families_.rows_scored.Remove(&rows_scored_);
  families_.alarms.Remove(&alarms_);
  families_.invalid_rows.Remove(&nan_rows_);
  families_.invalid_rows.Remove(&infinite_rows_);
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [column, counters] : cells_) {
      if (counters.missing != nullptr) families_.cells.Remove(counters.missing);
      if (counters.unseen != nullptr) families_.cells.Remove(counters.unseen);
    }
  }
  families_.p_value.Remove(&p_value_);
  families_.threshold.Remove(&threshold_);
  families_.alpha.Remove(&alpha_);
  families_.serving_version.Remove(&serving_version_);
  families_.versions.Remove(&versions_);
  families_.training_epoch.Remove(&training_epoch_);
  families_.training_epochs.Remove(&training_epochs_);
  families_.training_rows_per_second.Remove(&training_rows_per_second_);
  for (prometheus::Gauge* gauge : training_losses_) families_.training_loss.Remove(gauge);
}

}  // namespace advae
