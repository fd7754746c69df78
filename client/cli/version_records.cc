#include "client/cli/version_records.h"

#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/time_util.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

// SAMPLER_MONTE_CARLO becomes monte-carlo.
std::string EnumWord(absl::string_view name, absl::string_view prefix) {
  absl::ConsumePrefix(&name, prefix);
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", "-"}});
}

// A message as the JSON of protocol buffers has it, its unset optional fields left out.
Json MessageRecord(const google::protobuf::Message& message, bool with_defaults = false) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = with_defaults;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return {};
  return Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
}

// As the JSON of protocol buffers has 64-bit numbers: many readers, jq among them, would round one
// above 2^53. Versions and counts, which do not get there, are numbers.
std::string SeedText(uint64_t seed) { return absl::StrCat(seed); }

Json HyperparametersRecord(const v1::Hyperparameters& parameters) {
  Json record = MessageRecord(parameters, /*with_defaults=*/true);
  if (parameters.objective() == v1::OBJECTIVE_UNSPECIFIED) {
    record.erase("objective");
  } else {
    record["objective"] = EnumWord(v1::Objective_Name(parameters.objective()), "OBJECTIVE_");
  }
  if (parameters.error_metric() == v1::ERROR_METRIC_UNSPECIFIED) {
    record.erase("error_metric");
  } else {
    record["error_metric"] =
        EnumWord(v1::ErrorMetric_Name(parameters.error_metric()), "ERROR_METRIC_");
  }
  return record;
}

Json LatentPlanRecord(const v1::LatentPlanSpec& plan) {
  return {{"sampler", EnumWord(v1::Sampler_Name(plan.sampler()), "SAMPLER_")},
          {"samples", plan.samples()},
          {"seed", SeedText(plan.seed())}};
}

}  // namespace

Json VersionRecord(const v1::VersionInfo& version) {
  const auto& history = version.threshold_history();
  const v1::ThresholdRecord threshold = history.empty() ? v1::ThresholdRecord() : *history.rbegin();
  Json record = {{"model", version.model()},
                 {"version", version.version()},
                 {"threshold", threshold.threshold()},
                 {"alpha", threshold.alpha()},
                 {"bandwidth", version.bandwidth()},
                 {"origin", EnumWord(v1::Origin_Name(version.origin()), "ORIGIN_")},
                 {"create_time", TimeUtil::ToString(version.create_time())}};
  if (!version.created_by().empty()) record["created_by"] = version.created_by();
  record["training_rows"] = version.training_rows();
  record["features"] = version.features_size();
  record["seed"] = SeedText(version.seed());
  record["data_fingerprint"] = version.data_fingerprint();
  if (version.has_training_duration()) {
    record["training_seconds"] =
        static_cast<double>(TimeUtil::DurationToMilliseconds(version.training_duration())) / 1000;
  }
  record["latent_plan"] = LatentPlanRecord(version.latent_plan());
  record["hyperparameters"] = HyperparametersRecord(version.hyperparameters());
  if (version.trimmed_share() > 0) record["trimmed_share"] = version.trimmed_share();
  if (version.left_out_rows() > 0) record["left_out_rows"] = version.left_out_rows();
  if (version.has_final_losses())
    record["final_losses"] = MessageRecord(version.final_losses(), /*with_defaults=*/true);
  if (version.has_held_out()) {
    const v1::HeldOutQuality& held_out = version.held_out();
    record["held_out"] = {{"rows", held_out.rows()},
                          {"reconstruction", held_out.reconstruction()},
                          {"kld", held_out.kld()}};
  }
  for (const std::string& warning : version.warnings()) record["warnings"].push_back(warning);
  return record;
}

Json VersionDetails(const v1::VersionInfo& version) {
  Json record = VersionRecord(version);
  Json& features = record["feature_ranges"] = Json::array();
  for (const v1::Feature& feature : version.features()) {
    features.push_back(
        {{"name", feature.name()}, {"minimum", feature.minimum()}, {"maximum", feature.maximum()}});
  }
  if (version.has_schema()) record["schema"] = MessageRecord(version.schema());
  Json& quantiles = record["score_quantiles"] = Json::array();
  for (const v1::ScoreQuantile& quantile : version.score_quantiles()) {
    quantiles.push_back({{"probability", quantile.probability()}, {"score", quantile.score()}});
  }
  Json& history = record["threshold_history"] = Json::array();
  for (const v1::ThresholdRecord& threshold : version.threshold_history()) {
    history.push_back({{"alpha", threshold.alpha()},
                       {"threshold", threshold.threshold()},
                       {"set_time", TimeUtil::ToString(threshold.set_time())}});
    if (!threshold.set_by().empty()) history.back()["set_by"] = threshold.set_by();
  }
  return record;
}

Json SummaryRecord(const v1::ModelSummary& summary) {
  Json versions = Json::array();
  for (const uint64_t version : summary.versions()) versions.push_back(version);
  return {{"model", summary.model()},
          {"serving_version", summary.serving_version()},
          {"versions", versions},
          {"features", summary.features()},
          {"threshold", summary.threshold().threshold()},
          {"alpha", summary.threshold().alpha()},
          {"training", summary.training()}};
}

}  // namespace advae
