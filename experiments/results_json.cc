#include "experiments/results_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kForm[] =
    R"(expected {"sets": {NAME: {DETECTOR: {"average_precision": {"mean", "std"}, ...}}}}, as )"
    "advae-experiment --output=json prints it without --contamination";

Json ToJson(const Summary& summary) { return {{"mean", summary.mean}, {"std", summary.deviation}}; }

Json ToJson(const DetectorResult& result) {
  Json record = Json::object();
  for (const MeasureFormat& format : kMeasures) {
    const std::optional<Summary>& value = result.at(format.measure);
    if (value) record[format.key] = ToJson(*value);
  }
  for (const AlarmRecord& alarms : result.alarms) {
    Json at_alpha = ToJson(alarms.observed);
    at_alpha["low"] = alarms.low;
    at_alpha["high"] = alarms.high;
    at_alpha["inside"] = alarms.inside;
    at_alpha["can_tell"] = alarms.can_tell;
    record["calibration"][absl::StrCat(alarms.alpha)] = std::move(at_alpha);
  }
  return record;
}

Json ToJson(const Failure& failure) {
  Json record = {{"set", failure.set}};
  if (failure.detector) record["detector"] = *failure.detector;
  if (failure.seed) record["seed"] = *failure.seed;
  record["error"] = failure.error;
  return record;
}

Json ToJson(const ExperimentResults& results) {
  Json json = {{"sets", Json::object()}, {"mean", Json::object()}, {"calibration", Json::object()}};
  for (const SetResult& set : results.sets) {
    Json& detectors = json["sets"][set.name] = Json::object();
    for (const DetectorResult& detector : set.detectors) {
      detectors[detector.name] = ToJson(detector);
    }
    if (set.contamination) json["contamination_reached"][set.name] = *set.contamination;
  }
  for (const std::string& detector : DetectorsOf(results)) {
    const std::optional<double> mean = MeanOverSets(results, detector, Measure::kAveragePrecision);
    if (mean) json["mean"][detector] = *mean;
    for (const PromiseSummary& promise : SummarisePromises(results, detector)) {
      json["calibration"][detector][absl::StrCat(promise.alpha)] = {{"sets", promise.sets},
                                                                    {"inside", promise.inside}};
    }
  }
  for (const Failure& failure : results.failures) json["failures"].push_back(ToJson(failure));
  return json;
}

// Bytes that are no UTF-8, as a file's name may have, are replaced.
std::string Text(const Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

// The member of that name and type; unset when `object` has none.
std::optional<double> NumberIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::optional<Summary> SummaryOf(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const std::optional<double> mean = NumberIn(json, "mean");
  const std::optional<double> deviation = NumberIn(json, "std");
  if (!mean || !deviation) return std::nullopt;
  return Summary{.mean = *mean, .deviation = *deviation};
}

std::optional<AlarmRecord> AlarmsOf(const std::string& alpha, const Json& json) {
  const std::optional<Summary> observed = SummaryOf(json);
  AlarmRecord record;
  if (!observed || !absl::SimpleAtod(alpha, &record.alpha)) return std::nullopt;
  const std::optional<double> low = NumberIn(json, "low");
  const std::optional<double> high = NumberIn(json, "high");
  const std::optional<double> inside = NumberIn(json, "inside");
  const auto can_tell = json.find("can_tell");
  if (!low || !high || !inside || can_tell == json.end() || !can_tell->is_boolean()) {
    return std::nullopt;
  }
  record.observed = *observed;
  record.low = *low;
  record.high = *high;
  record.inside = *inside;
  record.can_tell = can_tell->get<bool>();
  return record;
}

absl::StatusOr<DetectorResult> DetectorOf(const std::string& name, const Json& json) {
  if (!json.is_object()) return absl::InvalidArgumentError(kForm);
  DetectorResult result{.name = name};
  for (const MeasureFormat& format : kMeasures) {
    const auto found = json.find(format.key);
    if (found == json.end()) continue;
    std::optional<Summary>& value = result.measures[static_cast<size_t>(format.measure)];
    value = SummaryOf(*found);
    if (!value) return absl::InvalidArgumentError(kForm);
  }
  if (!result.at(Measure::kAveragePrecision)) return absl::InvalidArgumentError(kForm);
  const auto calibration = json.find("calibration");
  if (calibration == json.end()) return result;
  for (const auto& [alpha, record] : calibration->items()) {
    if (std::optional<AlarmRecord> alarms = AlarmsOf(alpha, record)) {
      result.alarms.push_back(*alarms);
    }
  }
  std::ranges::sort(result.alarms, {}, &AlarmRecord::alpha);
  return result;
}

}  // namespace

std::string ResultsToJson(const std::vector<ExperimentLevel>& levels) {
  Json json = {{"contamination", Json::object()}};
  for (const ExperimentLevel& level : levels) {
    if (!level.contamination) return Text(ToJson(level.results));
    json["contamination"][absl::StrCat(*level.contamination)] = ToJson(level.results);
  }
  return Text(json);
}

absl::StatusOr<ExperimentResults> ResultsFromJson(const std::string& text) {
  const Json json = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("sets") || !json["sets"].is_object()) {
    return absl::InvalidArgumentError(kForm);
  }
  ExperimentResults results;
  for (const auto& [set_name, detectors] : json["sets"].items()) {
    if (!detectors.is_object()) return absl::InvalidArgumentError(kForm);
    SetResult& set = results.sets.emplace_back(SetResult{.name = set_name});
    for (const auto& [name, record] : detectors.items()) {
      ADVAE_ASSIGN_OR_RETURN(DetectorResult detector, DetectorOf(name, record));
      set.detectors.push_back(std::move(detector));
    }
  }
  return results;
}

}  // namespace advae
