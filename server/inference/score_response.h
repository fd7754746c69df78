#ifndef ADVAE_SERVER_INFERENCE_SCORE_RESPONSE_H_
#define ADVAE_SERVER_INFERENCE_SCORE_RESPONSE_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "inference/inference.pb.h"
#include "server/calls/answer_size.h"

namespace advae {

// "OK", "INCOMPLETE" or "NOT_FINITE".
std::string_view TextOf(v1::RowStatus status);

// The tensors that an inference is answered with, in the order in which they come by default.
enum class ScoreOutput { kScore, kPValue, kIsAnomaly, kStatus, kContributions };

struct ScoreOutputType {
  const char* name;
  const char* datatype;
  ScoreOutput output;
  bool by_default;
};
std::span<const ScoreOutputType> ScoreOutputTypes();

// What the request asks for, or the default. kInvalidArgument for an unknown name or one that
// comes twice.
absl::StatusOr<std::vector<ScoreOutputType>> WantedOutputs(
    const inference::ModelInferRequest& request);

// At most so many bytes that the outputs take, for `rows` rows with `width` contributions each.
AnswerSize OutputSize(size_t rows, size_t width, std::span<const ScoreOutputType> outputs);

// Writes the outputs with raw contents, and of `scores` the rest that an answer says.
void WriteOutputs(const v1::ScoreResponse& scores, size_t width,
                  std::span<const ScoreOutputType> outputs,
                  inference::ModelInferResponse& response);

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_SCORE_RESPONSE_H_
