#include "experiments/runner.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "experiments/contamination.h"
#include "experiments/missing_cells.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"

namespace advae {
namespace {

// Calls `work` with 0 to count - 1, from `threads` threads.
void ForEachIndex(size_t count, int threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::vector<std::jthread> workers;
  workers.reserve(threads);
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&] {
      for (size_t index = next++; index < count; index = next++) work(index);
    });
  }
}

// Scores all rows, again and again until it has taken long enough to be measured; at least once.
std::vector<double> TimedScores(const FittedDetector& detector, MatrixView rows,
                                double& rows_per_second) {
  constexpr absl::Duration kEnough = absl::Milliseconds(100);
  std::vector<double> scores;
  size_t scored = 0;
  const absl::Time start = SteadyNow();
  absl::Duration elapsed;
  do {
    scores = detector.score(rows);
    scored += rows.rows;
    elapsed = SteadyNow() - start;
  } while (elapsed < kEnough);
  rows_per_second = static_cast<double>(scored) / absl::ToDoubleSeconds(elapsed);
  return scores;
}

// Counts the alarms on normal rows for the calibration.
absl::Status CountAlarms(const ScoreDistribution& distribution, const std::vector<double>& scores,
                         const std::vector<bool>& labels, RunQuality& quality) {
  quality.training_scores = distribution.size();
  quality.normal_rows = std::count(labels.begin(), labels.end(), false);
  for (size_t i = 0; i < kCalibrationAlphas.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(const double threshold, distribution.Threshold(kCalibrationAlphas[i]));
    for (size_t row = 0; row < scores.size(); ++row) {
      if (!labels[row] && scores[row] >= threshold) ++quality.alarms[i];
    }
  }
  return absl::OkStatus();
}

// The trainings on one data set: every detector with every seed, in this order.
class SetExperiment {
 public:
  SetExperiment(std::string set, const ExperimentData& data, const ExperimentOptions& options,
                std::ostream& log)
      : set_(std::move(set)),
        data_(data),
        options_(options),
        log_(log),
        runs_(options.detectors.size() * static_cast<size_t>(options.seeds),
              absl::UnknownError("not run")) {}

  void Run() {
    ForEachIndex(runs_.size(), options_.jobs, [this](size_t index) {
      runs_[index] = RunIndex(index);
      Report(index);
    });
  }

  void AddTo(ExperimentResults& results) const {
    SetResult& set = results.sets.emplace_back(SetResult{.name = set_});
    const auto seeds = static_cast<size_t>(options_.seeds);
    for (size_t i = 0; i < options_.detectors.size(); ++i) {
      const std::string& detector = options_.detectors[i].name;
      std::vector<RunQuality> qualities;
      for (size_t run = i * seeds; run < (i + 1) * seeds; ++run) {
        if (runs_[run].ok()) {
          qualities.push_back(*runs_[run]);
        } else {
          results.failures.push_back({.set = set_,
                                      .detector = detector,
                                      .seed = Seed(run),
                                      .error = absl::StrCat(runs_[run].status().message())});
        }
      }
      if (qualities.size() < seeds) continue;
      set.detectors.push_back(SummariseRuns(detector, qualities));
      if (options_.contamination) set.contamination = qualities.front().contamination;
    }
  }

 private:
  uint64_t Seed(size_t index) const { return 1 + index % static_cast<uint64_t>(options_.seeds); }
  const NamedDetector& DetectorOf(size_t index) const {
    return options_.detectors[index / static_cast<size_t>(options_.seeds)];
  }

  absl::StatusOr<RunQuality> RunIndex(size_t index) const {
    const FitFunction& fit = DetectorOf(index).fit;
    const uint64_t seed = Seed(index);
    if (!options_.contamination && options_.missing == 0) return RunOn(data_, fit, seed);
    ExperimentData data = data_;
    if (options_.contamination) {
      ADVAE_ASSIGN_OR_RETURN(data, Contaminate(data_, *options_.contamination, seed));
    }
    return RunOn(WithMissingCells(std::move(data), options_.missing, seed), fit, seed);
  }

  absl::StatusOr<RunQuality> RunOn(const ExperimentData& data, const FitFunction& fit,
                                   uint64_t seed) const {
    return RunOnce(
        fit,
        {.set = set_, .rows = data.train.view(), .seed = seed, .contamination = data.contamination},
        data, options_.alpha);
  }

  void Report(size_t index) {
    const absl::StatusOr<RunQuality>& run = runs_[index];
    const absl::MutexLock lock(&log_mutex_);
    log_ << absl::StreamFormat("%s %s seed %d: ", set_, DetectorOf(index).name, Seed(index));
    if (run.ok()) {
      log_ << absl::StreamFormat("average precision %.3f, false alarms %.3f, %.1f s\n",
                                 run->ranking.average_precision, run->verdicts.false_alarm_rate(),
                                 run->train_seconds);
    } else {
      log_ << run.status().message() << '\n';
    }
    log_.flush();
  }

  const std::string set_;
  const ExperimentData& data_;
  const ExperimentOptions& options_;
  absl::Mutex log_mutex_;
  std::ostream& log_;
  std::vector<absl::StatusOr<RunQuality>> runs_;  // each written by one thread
};

}  // namespace

absl::StatusOr<RunQuality> RunOnce(const FitFunction& fit, const FitInput& input,
                                   const ExperimentData& data, double alpha) {
  const absl::Time start = SteadyNow();
  ADVAE_ASSIGN_OR_RETURN(const FittedDetector detector, fit(input));
  ADVAE_ASSIGN_OR_RETURN(const double threshold, detector.distribution->Threshold(alpha));
  RunQuality quality;
  quality.train_seconds = absl::ToDoubleSeconds(SteadyNow() - start);

  quality.contamination = data.contamination;

  const std::vector<double> scores =
      TimedScores(detector, data.test.view(), quality.rows_per_second);
  ADVAE_ASSIGN_OR_RETURN(quality.ranking, EvaluateRanking(scores, data.labels));
  std::vector<bool> verdicts;
  verdicts.reserve(scores.size());
  for (const double score : scores) verdicts.push_back(score >= threshold);
  quality.verdicts = EvaluateVerdicts(verdicts, data.labels);
  ADVAE_RETURN_IF_ERROR(CountAlarms(*detector.distribution, scores, data.labels, quality));
  return quality;
}

ExperimentResults RunExperiment(const std::vector<DataSetFiles>& sets,
                                const ExperimentOptions& options, std::ostream& log) {
  ExperimentResults results;
  for (const DataSetFiles& files : sets) {
    const absl::StatusOr<ExperimentData> data = LoadDataSet(files);
    if (!data.ok()) {
      log << data.status().message() << '\n';
      results.sets.push_back({.name = files.name});
      results.failures.push_back(
          {.set = files.name, .error = absl::StrCat(data.status().message())});
      continue;
    }
    SetExperiment experiment(files.name, *data, options, log);
    experiment.Run();
    experiment.AddTo(results);
  }
  return results;
}

}  // namespace advae
