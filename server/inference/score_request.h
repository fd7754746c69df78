#ifndef ADVAE_SERVER_INFERENCE_SCORE_REQUEST_H_
#define ADVAE_SERVER_INFERENCE_SCORE_REQUEST_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "inference/inference.pb.h"
#include "model/scoring/loaded_version.h"
#include "server/batching/batch.h"
#include "server/messages/memory_budget.h"

namespace advae {

// The name of an input that has all features of its rows.
inline constexpr char kRowsInput[] = "rows";

// Fields of an inference request that errors are about (AtField).
inline constexpr char kInputsField[] = "inputs";
inline constexpr char kAlphaField[] = "parameters.alpha";

// The number of a version as the Open Inference Protocol writes it; unset for an empty text, which
// stands for the serving one. kInvalidArgument for what is no number.
absl::StatusOr<std::optional<uint64_t>> VersionOf(const std::string& text);

// What an inference request asks of `version`, which is the one that it names: the inputs as a
// matrix or, for a version with a schema, as a table where they are not one tensor of rows, and the
// parameter alpha. Names neither features nor rows that would explain the scores. The memory of
// what the inputs become is taken from `lease` beforehand.
//
// kInvalidArgument when the inputs are not tensors (InputTensor), do not have the same rows, or are
// neither `rows` nor all features of a version without a schema; for raw contents beside others or
// not one for each input; for more rows than `limits` allow; and for an alpha that is no number.
// kResourceExhausted as of MemoryLease::Grow.
absl::StatusOr<v1::ScoreRequest> ScoreRequestOf(const inference::ModelInferRequest& request,
                                                const LoadedVersion& version,
                                                const BatchLimits& limits, MemoryLease& lease);

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_SCORE_REQUEST_H_
