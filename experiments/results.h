#ifndef ADVAE_EXPERIMENTS_RESULTS_H_
#define ADVAE_EXPERIMENTS_RESULTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "experiments/measures.h"
#include "model/data/alarm_band.h"
#include "model/data/evaluation.h"

namespace advae {

// Significances at which alarms are compared with what alpha promises, ascending. The first
// `kPromisedAlphas` of them are those that one would choose.
inline constexpr std::array kCalibrationAlphas = {0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5};
inline constexpr size_t kPromisedAlphas = 4;

// How one training of a detector did on the test rows.
struct RunQuality {
  RankingQuality ranking = {};
  VerdictQuality verdicts = {};  // at the threshold for the experiment's alpha
  double train_seconds = 0;      // wall clock, from the rows to the threshold
  double rows_per_second = 0;    // scored, wall clock
  uint64_t training_scores = 0;  // that the thresholds are learned from, at least 2
  uint64_t normal_rows = 0;      // of the test
  double contamination = 0;      // ExperimentData::contamination
  // Normal test rows at or above the threshold for each of kCalibrationAlphas.
  std::array<uint64_t, kCalibrationAlphas.size()> alarms = {};
};

// Over the seeds.
struct Summary {
  double mean = 0;
  double deviation = 0;  // of a sample; 0 for a single value
};

// `values` is not empty.
Summary Summarise(std::span<const double> values);

// Alarms on normal test rows at one significance, against what it promises.
struct AlarmRecord {
  double alpha = 0;
  Summary observed = {};  // share of the normal test rows
  // The same of ExpectedAlarms: chance explains the shares from `low` to `high`.
  double low = 0;
  double high = 0;
  double inside = 0;      // share of the seeds whose alarms are within the band
  bool can_tell = false;  // CanTellAlarmRate
};

// A detector on a data set.
struct DetectorResult {
  std::string name;
  // By Measure. What a merged file does not have is unset; the average precision is always set.
  std::array<std::optional<Summary>, kMeasures.size()> measures = {};
  std::vector<AlarmRecord> alarms = {};  // ascending by alpha

  const std::optional<Summary>& at(Measure measure) const {
    return measures[static_cast<size_t>(measure)];
  }
};

struct SetResult {
  std::string name;
  std::vector<DetectorResult> detectors = {};
  // With contamination: the share of the training rows that are anomalies, which is less than asked
  // for where the set has too few.
  std::optional<double> contamination = std::nullopt;

  // Null when there is none of that name.
  const DetectorResult* Find(const std::string& detector) const;
};

// What could not be measured.
struct Failure {
  std::string set;
  // Unset when the set could not be read.
  std::optional<std::string> detector = std::nullopt;
  std::optional<uint64_t> seed = std::nullopt;
  std::string error;
};

struct ExperimentResults {
  std::vector<SetResult> sets = {};
  std::vector<Failure> failures = {};
};

// Results with this share of anomalies asked for among the training rows; unset: the data as they
// are, and then there is one level alone.
struct ExperimentLevel {
  std::optional<double> contamination = std::nullopt;
  ExperimentResults results = {};
};

// Of at least one run. All runs have the same number of training scores and of normal rows.
DetectorResult SummariseRuns(const std::string& name, std::span<const RunQuality> runs);

// Names of the detectors in `results`, in order of first appearance.
std::vector<std::string> DetectorsOf(const ExperimentResults& results);

// Mean over the sets. Unset for a detector that lacks one of the sets, which could not be compared.
std::optional<double> MeanOverSets(const ExperimentResults& results, const std::string& detector,
                                   Measure measure);

// How many sets keep alpha's promise, of those that can tell.
struct PromiseSummary {
  double alpha = 0;
  size_t sets = 0;    // that can tell
  double inside = 0;  // of them, within the band; with several seeds a mean over these
};

// One for each significance that the detector has alarms for on any set, ascending.
std::vector<PromiseSummary> SummarisePromises(const ExperimentResults& results,
                                              const std::string& detector);

// Adds the sets and detectors of `other` to `results`; a detector that both have on a set is taken
// from `other`.
void MergeResults(ExperimentResults& results, const ExperimentResults& other);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_RESULTS_H_
