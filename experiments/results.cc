#include "experiments/results.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

namespace advae {
namespace {

double ValueOf(const RunQuality& run, Measure measure) {
  switch (measure) {
    case Measure::kAveragePrecision:
      return run.ranking.average_precision;
    case Measure::kRocAuc:
      return run.ranking.roc_auc;
    case Measure::kRecall:
      return run.verdicts.recall();
    case Measure::kPrecision:
      return run.verdicts.precision();
    case Measure::kF1:
      return run.verdicts.f1();
    case Measure::kFalseAlarmRate:
      return run.verdicts.false_alarm_rate();
    case Measure::kTrainSeconds:
      return run.train_seconds;
    case Measure::kRowsPerSecond:
      return run.rows_per_second;
  }
  return 0;
}

Summary SummariseBy(std::span<const RunQuality> runs,
                    const std::function<double(const RunQuality&)>& value) {
  std::vector<double> values;
  values.reserve(runs.size());
  for (const RunQuality& run : runs) values.push_back(value(run));
  return Summarise(values);
}

AlarmRecord AlarmsOf(std::span<const RunQuality> runs, size_t index) {
  const double alpha = kCalibrationAlphas[index];
  const uint64_t scores = runs.front().training_scores;
  const uint64_t rows = runs.front().normal_rows;
  const auto share = [rows](uint64_t alarms) {
    return static_cast<double>(alarms) / static_cast<double>(rows);
  };
  const AlarmBand band = ExpectedAlarms(alpha, scores, rows).value();
  return {.alpha = alpha,
          .observed =
              SummariseBy(runs, [&](const RunQuality& run) { return share(run.alarms[index]); }),
          .low = share(band.low),
          .high = share(band.high),
          .inside = SummariseBy(runs,
                                [&](const RunQuality& run) {
                                  return band.Contains(run.alarms[index]) ? 1.0 : 0.0;
                                })
                        .mean,
          .can_tell = CanTellAlarmRate(alpha, scores, rows)};
}

template <typename Named>
Named& FindOrAdd(std::vector<Named>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &Named::name);
  if (found != all.end()) return *found;
  all.push_back({.name = name});
  return all.back();
}

}  // namespace

Summary Summarise(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {.mean = mean, .deviation = values.size() < 2 ? 0 : std::sqrt(squares / (count - 1))};
}

const DetectorResult* SetResult::Find(const std::string& detector) const {
  const auto found = std::ranges::find(detectors, detector, &DetectorResult::name);
  return found == detectors.end() ? nullptr : &*found;
}

DetectorResult SummariseRuns(const std::string& name, std::span<const RunQuality> runs) {
  DetectorResult result{.name = name};
  for (size_t i = 0; i < kMeasures.size(); ++i) {
    result.measures[i] = SummariseBy(
        runs, [i](const RunQuality& run) { return ValueOf(run, kMeasures[i].measure); });
  }
  for (size_t i = 0; i < kCalibrationAlphas.size(); ++i) {
    result.alarms.push_back(AlarmsOf(runs, i));
  }
  return result;
}

std::vector<std::string> DetectorsOf(const ExperimentResults& results) {
  std::vector<std::string> names;
  for (const SetResult& set : results.sets) {
    for (const DetectorResult& detector : set.detectors) {
      if (std::ranges::count(names, detector.name) == 0) names.push_back(detector.name);
    }
  }
  return names;
}

std::optional<double> MeanOverSets(const ExperimentResults& results, const std::string& detector,
                                   Measure measure) {
  std::vector<double> values;
  for (const SetResult& set : results.sets) {
    const DetectorResult* const result = set.Find(detector);
    if (result == nullptr || !result->at(measure)) return std::nullopt;
    values.push_back(result->at(measure)->mean);
  }
  if (values.empty()) return std::nullopt;
  return Summarise(values).mean;
}

std::vector<PromiseSummary> SummarisePromises(const ExperimentResults& results,
                                              const std::string& detector) {
  std::map<double, PromiseSummary> by_alpha;
  for (const SetResult& set : results.sets) {
    const DetectorResult* const result = set.Find(detector);
    if (result == nullptr) continue;
    for (const AlarmRecord& record : result->alarms) {
      PromiseSummary& summary = by_alpha[record.alpha];
      summary.alpha = record.alpha;
      if (!record.can_tell) continue;
      ++summary.sets;
      summary.inside += record.inside;
    }
  }
  std::vector<PromiseSummary> summaries;
  summaries.reserve(by_alpha.size());
  for (const auto& [alpha, summary] : by_alpha) summaries.push_back(summary);
  return summaries;
}

void MergeResults(ExperimentResults& results, const ExperimentResults& other) {
  for (const SetResult& set : other.sets) {
    SetResult& merged = FindOrAdd(results.sets, set.name);
    for (const DetectorResult& detector : set.detectors) {
      FindOrAdd(merged.detectors, detector.name) = detector;
    }
  }
}

}  // namespace advae
