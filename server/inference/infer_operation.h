#ifndef ADVAE_SERVER_INFERENCE_INFER_OPERATION_H_
#define ADVAE_SERVER_INFERENCE_INFER_OPERATION_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "inference/inference.pb.h"
#include "server/inference/score_response.h"
#include "server/messages/received.h"
#include "server/metrics/request_clock.h"
#include "server/services/score_operation.h"

namespace advae {

// One inference of the Open Inference Protocol: a ScoreOperation whose request and response are
// tensors.
class InferOperation {
 public:
  using Done = ScoreOperation::Done;

  // As of ScoreOperation. The message of `received` is a ModelInferRequest.
  InferOperation(const ScoreResources& resources, const Received& received,
                 inference::ModelInferResponse& response, ScoreCaller caller);

  // As ScoreOperation::Start. Errors also as of ScoreRequestOf and WantedOutputs.
  void Start(absl::Time deadline, const Done& done);

 private:
  // Whether making a score request of the tensors takes longer than a small score.
  bool IsLarge() const;
  void Score(absl::Time deadline, const Done& done);
  absl::Status Prepare();
  // Counts the request and calls `done`.
  void Finish(absl::Status status, const Done& done);

  const ScoreResources resources_;
  const Received& received_;
  const inference::ModelInferRequest& request_;  // in received_
  inference::ModelInferResponse& response_;
  const ScoreCaller caller_;
  std::vector<ScoreOutputType> outputs_;
  size_t width_ = 0;  // of the contributions
  v1::ScoreRequest score_request_;
  v1::ScoreResponse score_response_;
  RequestClock clock_;
  std::optional<ScoreOperation> score_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_INFER_OPERATION_H_
