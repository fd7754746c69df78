#ifndef ADVAE_SERVER_METRICS_MODEL_METRICS_H_
#define ADVAE_SERVER_METRICS_MODEL_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "advae/v1/detector.pb.h"

namespace advae {

// What was met in the cells of one column, beside values as training had them.
struct CellCounts {
  uint64_t missing = 0;
  uint64_t unseen = 0;  // categories that did not occur in training
};

// The families whose series belong to one model each.
struct ModelMetricFamilies {
  explicit ModelMetricFamilies(prometheus::Registry& registry);

  prometheus::Family<prometheus::Counter>& rows_scored;
  prometheus::Family<prometheus::Counter>& alarms;
  prometheus::Family<prometheus::Counter>& invalid_rows;
  prometheus::Family<prometheus::Counter>& cells;
  prometheus::Family<prometheus::Histogram>& p_value;
  prometheus::Family<prometheus::Gauge>& threshold;
  prometheus::Family<prometheus::Gauge>& alpha;
  prometheus::Family<prometheus::Gauge>& serving_version;
  prometheus::Family<prometheus::Gauge>& versions;
  prometheus::Family<prometheus::Gauge>& training_epoch;
  prometheus::Family<prometheus::Gauge>& training_epochs;
  prometheus::Family<prometheus::Gauge>& training_rows_per_second;
  prometheus::Family<prometheus::Gauge>& training_loss;
};

// The series of one model. Thread-safe.
class ModelMetrics {
 public:
  // `families` outlives the object.
  ModelMetrics(ModelMetricFamilies& families, const std::string& model);
  ModelMetrics(const ModelMetrics&) = delete;
  ModelMetrics& operator=(const ModelMetrics&) = delete;

  // Counts the rows, alarms and p-values of one response. A row with an infinite score has a score;
  // one without, NaN, is counted as invalid only. Alarms are the response's anomalies, or those by
  // the threshold in force, `in_force`, where the request asked for another (null: it did not).
  void CountScores(const v1::ScoreResponse& response,
                   const v1::ThresholdRecord* in_force = nullptr);

  // A column's series begin when they first count something. Columns beyond the first
  // kMaxCellColumns that do are counted together, as column "(others)".
  static constexpr size_t kMaxCellColumns = 100;
  void CountCells(const std::string& column, const CellCounts& cells);

  // What serves: its version, significance and threshold, and how many versions there are.
  void SetServing(const v1::VersionInfo& serving, size_t versions);

  void SetTrainingProgress(const v1::TrainProgress& progress);

  // Takes all series of the model off the families. Nothing else is called afterwards.
  void RemoveSeries();

 private:
  struct CellCounters {
    prometheus::Counter* missing = nullptr;
    prometheus::Counter* unseen = nullptr;
  };

  // The counter of a column's cells of one kind.
  prometheus::Counter& AddCellCounter(const std::string& column, const char* kind);

  ModelMetricFamilies& families_;
  const std::string model_;
  prometheus::Counter& rows_scored_;
  prometheus::Counter& alarms_;
  prometheus::Counter& nan_rows_;
  prometheus::Counter& infinite_rows_;
  prometheus::Histogram& p_value_;
  prometheus::Gauge& threshold_;
  prometheus::Gauge& alpha_;
  prometheus::Gauge& serving_version_;
  prometheus::Gauge& versions_;
  prometheus::Gauge& training_epoch_;
  prometheus::Gauge& training_epochs_;
  prometheus::Gauge& training_rows_per_second_;
  const std::vector<prometheus::Gauge*> training_losses_;  // in the order of the loss terms
  absl::Mutex mutex_;
  std::map<std::string, CellCounters> cells_ ABSL_GUARDED_BY(mutex_);  // by column
};

}  // namespace advae

#endif  // ADVAE_SERVER_METRICS_MODEL_METRICS_H_
