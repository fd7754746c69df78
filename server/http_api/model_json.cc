#include "server/http_api/model_json.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/http/json_text.h"

namespace advae {
namespace {

using Json = nlohmann::json;

HttpResponse ResponseOf(const Json& json) { return {.body = JsonText(json)}; }

template <typename Tensor>
Json JsonOf(const Tensor& tensor) {
  return {{"name", tensor.name()},
          {"data_type", inference::DataType_Name(tensor.data_type())},
          {"dims", tensor.dims()}};
}

Json JsonOf(const inference::StatisticDuration& duration) {
  return {{"count", duration.count()}, {"ns", duration.ns()}};
}

Json JsonOf(const inference::InferStatistics& requests) {
  return {{"success", JsonOf(requests.success())},
          {"fail", JsonOf(requests.fail())},
          {"queue", JsonOf(requests.queue())},
          {"compute_input", JsonOf(requests.compute_input())},
          {"compute_infer", JsonOf(requests.compute_infer())},
          {"compute_output", JsonOf(requests.compute_output())}};
}

Json JsonOf(const inference::ModelStatistics& model) {
  Json batches = Json::array();
  for (const inference::InferBatchStatistics& batch : model.batch_stats()) {
    batches.push_back({{"batch_size", batch.batch_size()},
                       {"compute_input", JsonOf(batch.compute_input())},
                       {"compute_infer", JsonOf(batch.compute_infer())},
                       {"compute_output", JsonOf(batch.compute_output())}});
  }
  return {{"name", model.name()},
          {"version", model.version()},
          {"last_inference", model.last_inference()},
          {"inference_count", model.inference_count()},
          {"execution_count", model.execution_count()},
          {"inference_stats", JsonOf(model.inference_stats())},
          {"batch_stats", std::move(batches)}};
}

}  // namespace

HttpResponse FlagResponse(const char* name, bool value) {
  return {.status = value ? 200 : 503,
          .body = absl::StrCat("{\"", name, "\": ", value ? "true" : "false", "}\n")};
}

HttpResponse MetadataResponse(const inference::ServerMetadataResponse& metadata) {
  const Json json = {{"name", metadata.name()},
                     {"version", metadata.version()},
                     {"extensions", metadata.extensions()}};
  return ResponseOf(json);
}

HttpResponse MetadataResponse(const inference::ModelMetadataResponse& metadata) {
  const auto tensors = [](const auto& described) {
    Json json = Json::array();
    for (const auto& tensor : described) {
      json.push_back(
          {{"name", tensor.name()}, {"datatype", tensor.datatype()}, {"shape", tensor.shape()}});
    }
    return json;
  };
  Json json = {{"name", metadata.name()},
               {"versions", metadata.versions()},
               {"platform", metadata.platform()},
               {"inputs", tensors(metadata.inputs())},
               {"outputs", tensors(metadata.outputs())}};
  for (const char* const name : {"version", "serving_version", "alpha", "threshold"}) {
    json["properties"][name] = metadata.properties().at(name);
  }
  return ResponseOf(json);
}

HttpResponse ConfigResponse(const inference::ModelConfig& config) {
  Json inputs = Json::array();
  for (const inference::ModelInput& input : config.input()) {
    inputs.push_back(JsonOf(input));
    inputs.back()["format"] = inference::ModelInput::Format_Name(input.format());
  }
  Json outputs = Json::array();
  for (const inference::ModelOutput& output : config.output()) outputs.push_back(JsonOf(output));
  return ResponseOf({{"name", config.name()},
                     {"platform", config.platform()},
                     {"backend", config.backend()},
                     {"runtime", config.runtime()},
                     {"version_policy", {{"all", Json::object()}}},
                     {"max_batch_size", config.max_batch_size()},
                     {"input", std::move(inputs)},
                     {"output", std::move(outputs)}});
}

HttpResponse StatisticsResponse(const inference::ModelStatisticsResponse& statistics) {
  Json models = Json::array();
  for (const inference::ModelStatistics& model : statistics.model_stats()) {
    models.push_back(JsonOf(model));
  }
  return ResponseOf({{"model_stats", std::move(models)}});
}

}  // namespace advae
