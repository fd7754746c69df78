#include "experiments/results.h"

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

Json Summary(std::span<const RunQuality> runs,
             const std::function<double(const RunQuality&)>& value) {
  std::vector<double> values;
  values.reserve(runs.size());
  for (const RunQuality& run : runs) values.push_back(value(run));
  return MeanAndDeviation(values);
}

bool IsResults(const Json& value) {
  if (!value.is_object() || !value.contains("sets") || !value["sets"].is_object()) return false;
  for (const Json& detectors : value["sets"]) {
    if (!detectors.is_object()) return false;
    for (const Json& record : detectors) {
      if (!record.is_object() || !record.contains("average_precision") ||
          !record["average_precision"].is_object() ||
          !record["average_precision"].contains("mean") ||
          !record["average_precision"]["mean"].is_number()) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

Json MeanAndDeviation(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {{"mean", mean}, {"std", values.size() < 2 ? 0 : std::sqrt(squares / (count - 1))}};
}

Json DetectorRecord(std::span<const RunQuality> runs) {
  const auto summary = [&](const auto& value) { return Summary(runs, value); };
  Json record = {
      {"average_precision", summary([](const auto& run) { return run.ranking.average_precision; })},
      {"roc_auc", summary([](const auto& run) { return run.ranking.roc_auc; })},
      {"recall", summary([](const auto& run) { return run.verdicts.recall(); })},
      {"precision", summary([](const auto& run) { return run.verdicts.precision(); })},
      {"f1", summary([](const auto& run) { return run.verdicts.f1(); })},
      {"false_alarm_rate",
       summary([](const auto& run) { return run.verdicts.false_alarm_rate(); })},
      {"train_seconds", summary([](const auto& run) { return run.train_seconds; })}};
  for (size_t i = 0; i < kCalibrationAlphas.size(); ++i) {
    record["calibration"][absl::StrCat(kCalibrationAlphas[i])] =
        summary([i](const auto& run) { return run.alarm_shares[i]; });
  }
  return record;
}

void UpdateMeans(Json& results) {
  const Json& sets = results["sets"];
  std::vector<std::string> order;  // of first appearance
  std::map<std::string, std::vector<double>> values;
  for (const auto& [set, detectors] : sets.items()) {
    for (const auto& [detector, record] : detectors.items()) {
      if (!values.contains(detector)) order.push_back(detector);
      values[detector].push_back(record["average_precision"]["mean"].get<double>());
    }
  }
  Json means = Json::object();
  for (const std::string& detector : order) {
    if (values[detector].size() != sets.size()) continue;
    means[detector] = MeanAndDeviation(values[detector])["mean"];
  }
  results["mean"] = std::move(means);
}

absl::Status MergeResults(Json& results, const Json& other) {
  if (!IsResults(other)) {
    return absl::InvalidArgumentError(
        "expected {\"sets\": {NAME: {DETECTOR: {\"average_precision\": {\"mean\": ...}, ...}}}}, "
        "as "
        "advae-experiment --output=json prints it without --contamination");
  }
  for (const auto& [set, detectors] : other["sets"].items()) {
    for (const auto& [detector, record] : detectors.items()) {
      results["sets"][set][detector] = record;
    }
  }
  UpdateMeans(results);
  return absl::OkStatus();
}

}  // namespace advae
