#ifndef ADVAE_EXPERIMENTS_MEASURES_H_
#define ADVAE_EXPERIMENTS_MEASURES_H_

#include <array>
#include <cstddef>

namespace advae {

// What is measured of a detector on a data set. The values index `kMeasures`.
enum class Measure {
  kAveragePrecision,
  kRocAuc,
  kRecall,  // at the threshold, as the following three
  kPrecision,
  kF1,
  kFalseAlarmRate,
  kTrainSeconds,
  kRowsPerSecond,
};

// How a measure is written.
struct MeasureFormat {
  Measure measure;
  const char* key;    // in JSON
  const char* title;  // of a table
  int digits;         // after the point
};

inline constexpr std::array kMeasures = {
    MeasureFormat{Measure::kAveragePrecision, "average_precision", "Average precision", 3},
    MeasureFormat{Measure::kRocAuc, "roc_auc", "ROC AUC", 3},
    MeasureFormat{Measure::kRecall, "recall", "Recall at the threshold", 3},
    MeasureFormat{Measure::kPrecision, "precision", "Precision at the threshold", 3},
    MeasureFormat{Measure::kF1, "f1", "F1 at the threshold", 3},
    MeasureFormat{Measure::kFalseAlarmRate, "false_alarm_rate",
                  "False alarms: share of the normal test rows", 3},
    MeasureFormat{Measure::kTrainSeconds, "train_seconds", "Seconds of training", 1},
    MeasureFormat{Measure::kRowsPerSecond, "rows_per_second", "Rows scored a second", 0},
};

constexpr const MeasureFormat& FormatOf(Measure measure) {
  return kMeasures[static_cast<size_t>(measure)];
}

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_MEASURES_H_
