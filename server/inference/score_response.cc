#include "server/inference/score_response.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/shown_text.h"

namespace advae {
namespace {

using inference::ModelInferResponse;

constexpr ScoreOutputType kTypes[] = {
    {"score", "FP64", ScoreOutput::kScore, true},
    {"p_value", "FP64", ScoreOutput::kPValue, true},
    {"is_anomaly", "BOOL", ScoreOutput::kIsAnomaly, true},
    {"status", "BYTES", ScoreOutput::kStatus, true},
    {"contributions", "FP64", ScoreOutput::kContributions, false},
};

constexpr uint64_t kHeader = 1024;
constexpr uint64_t kStatusBytes = 4 + 12;  // with its length

template <typename Values>
std::string BufferOf(const Values& values) {
  return {reinterpret_cast<const char*>(values.data()),
          static_cast<size_t>(values.size()) * sizeof(*values.data())};
}

std::string StatusesOf(const v1::ScoreResponse& scores) {
  std::string buffer;
  for (const int status : scores.statuses()) {
    const std::string_view text = TextOf(static_cast<v1::RowStatus>(status));
    const auto size = static_cast<uint32_t>(text.size());
    buffer.append(reinterpret_cast<const char*>(&size), sizeof(size));
    buffer.append(text);
  }
  return buffer;
}

// Row-major; NaN for rows that are not explained.
std::string ContributionsOf(const v1::ScoreResponse& scores, size_t width) {
  std::vector<double> values(static_cast<size_t>(scores.scores_size()) * width, 0);
  for (size_t i = 0; i < static_cast<size_t>(scores.explanations_size()); ++i) {
    const v1::Explanation& explanation = scores.explanations(static_cast<int>(i));
    if (explanation.contributions().empty()) {
      std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(i * width), width,
                  std::numeric_limits<double>::quiet_NaN());
    }
    for (const v1::FeatureContribution& contribution : explanation.contributions()) {
      values[i * width + contribution.feature()] = contribution.contribution();
    }
  }
  return BufferOf(values);
}

std::string ValuesOf(ScoreOutput output, const v1::ScoreResponse& scores, size_t width) {
  switch (output) {
    case ScoreOutput::kScore:
      return BufferOf(scores.scores());
    case ScoreOutput::kPValue:
      return BufferOf(scores.p_values());
    case ScoreOutput::kIsAnomaly:
      return {scores.anomalies().begin(), scores.anomalies().end()};
    case ScoreOutput::kStatus:
      return StatusesOf(scores);
    case ScoreOutput::kContributions:
      return ContributionsOf(scores, width);
  }
  return {};
}

}  // namespace

std::string_view TextOf(v1::RowStatus status) {
  switch (status) {
    case v1::ROW_STATUS_OK:
      return "OK";
    case v1::ROW_STATUS_INCOMPLETE:
      return "INCOMPLETE";
    default:
      return "NOT_FINITE";
  }
}

std::span<const ScoreOutputType> ScoreOutputTypes() { return kTypes; }

absl::StatusOr<std::vector<ScoreOutputType>> WantedOutputs(
    const inference::ModelInferRequest& request) {
  std::vector<ScoreOutputType> wanted;
  if (request.outputs().empty()) {
    std::ranges::copy_if(kTypes, std::back_inserter(wanted),
                         [](const ScoreOutputType& type) { return type.by_default; });
  }
  for (const auto& output : request.outputs()) {
    const auto of_name = [&output](const ScoreOutputType& type) {
      return output.name() == type.name;
    };
    const auto* const found = std::ranges::find_if(kTypes, of_name);
    if (found == std::end(kTypes) || std::ranges::any_of(wanted, of_name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("output \"", ShownText(output.name()),
                       found == std::end(kTypes)
                           ? "\" is not known; expected score, p_value, is_anomaly, status or "
                             "contributions"
                           : "\" is asked for twice"));
    }
    wanted.push_back(*found);
  }
  return wanted;
}

AnswerSize OutputSize(size_t rows, size_t width, std::span<const ScoreOutputType> outputs) {
  uint64_t sent = kHeader;
  for (const ScoreOutputType& type : outputs) {
    const uint64_t values = type.output == ScoreOutput::kContributions ? width : 1;
    const uint64_t bytes = type.output == ScoreOutput::kStatus ? kStatusBytes : sizeof(double);
    sent += rows * values * bytes;
  }
  return {.sent = sent, .held = 2 * sent};
}

void WriteOutputs(const v1::ScoreResponse& scores, size_t width,
                  std::span<const ScoreOutputType> outputs, ModelInferResponse& response) {
  response.set_model_name(scores.model());
  response.set_model_version(absl::StrCat(scores.version()));
  (*response.mutable_parameters())["alpha"].set_double_param(scores.alpha());
  (*response.mutable_parameters())["threshold"].set_double_param(scores.threshold());
  for (const ScoreOutputType& type : outputs) {
    ModelInferResponse::InferOutputTensor& tensor = *response.add_outputs();
    tensor.set_name(type.name);
    tensor.set_datatype(type.datatype);
    tensor.add_shape(scores.scores_size());
    if (type.output == ScoreOutput::kContributions) tensor.add_shape(static_cast<int64_t>(width));
    response.add_raw_output_contents(ValuesOf(type.output, scores, width));
  }
}

}  // namespace advae
