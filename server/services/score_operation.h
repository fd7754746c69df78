#ifndef ADVAE_SERVER_SERVICES_SCORE_OPERATION_H_
#define ADVAE_SERVER_SERVICES_SCORE_OPERATION_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "server/batching/batcher.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"

namespace advae {

// One score request from its checks to its response.
class ScoreOperation {
 public:
  using Done = std::function<void(absl::Status)>;

  // All that is referred to outlives the operation. The functions of `caller` are called on any
  // thread and until `done` is called.
  ScoreOperation(ModelTable& table, Batcher& batcher, const Received& request,
                 v1::ScoreResponse& response, ScoreCaller caller);

  // Scores the rows and fills the response. Calls `done` exactly once: before it returns when the
  // request is refused or small, otherwise later on another thread. `done` must not block and may
  // destroy the operation. `deadline` is a steady time.
  void Start(absl::Time deadline, const Done& done);

 private:
  // The checks. Fills what does not depend on the scores.
  absl::Status Prepare();
  void FillVerdicts();
  void Explain(int row, v1::Explanation& explanation) const;
  void NameNearestRows(int row, v1::NearestRows& nearest_rows) const;

  ModelTable& table_;
  Batcher& batcher_;
  const Received& received_;
  const v1::ScoreRequest& request_;  // in received_
  v1::ScoreResponse& response_;
  const ScoreCaller caller_;
  FoundVersion version_;
  MatrixView rows_;
  // RowDetails of the rows when contributions are wanted, otherwise empty.
  std::vector<float> expected_;
  std::vector<double> contributions_;
  // The same when nearest rows are.
  std::vector<NearestRow> nearest_;
  size_t nearest_count_ = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_OPERATION_H_
