#ifndef ADVAE_SERVER_SERVICES_SCORE_OPERATION_H_
#define ADVAE_SERVER_SERVICES_SCORE_OPERATION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "server/base/work_pool.h"
#include "server/batching/batcher.h"
#include "server/messages/received.h"
#include "server/metrics/request_clock.h"
#include "server/models/model_table.h"
#include "server/services/schema_rows.h"

namespace advae {

// What score requests are answered with. All of it outlives their calls.
struct ScoreResources {
  ModelTable& table;
  Batcher& batcher;
  // Prepares large tables: threads of CallThreads::reads.
  WorkPool& reads;
};

// kInvalidArgument for more rows than one request may have.
absl::Status CheckRowCount(size_t rows, const BatchLimits& limits);

// One score request from its checks to its response.
class ScoreOperation {
 public:
  using Done = std::function<void(absl::Status)>;

  // All that is referred to outlives the operation; `received` holds the memory of request and
  // response. The functions of `caller` are called on any thread and until `done` is called.
  ScoreOperation(const ScoreResources& resources, const Received& received,
                 const v1::ScoreRequest& request, v1::ScoreResponse& response, ScoreCaller caller);
  // Of a request that is the message received.
  ScoreOperation(const ScoreResources& resources, const Received& received,
                 v1::ScoreResponse& response, ScoreCaller caller)
      : ScoreOperation(resources, received,
                       static_cast<const v1::ScoreRequest&>(received.message()), response,
                       std::move(caller)) {}

  // Scores the rows and fills the response. Calls `done` exactly once: before it returns when the
  // request is refused or small, otherwise later on another thread. `done` must not block and may
  // destroy the operation. `deadline` is a steady time.
  void Start(absl::Time deadline, const Done& done);
  // The same as a part of a request that `clock`, which outlives it, measures; whoever has started
  // the clock ends it.
  void StartWithin(RequestClock& clock, absl::Time deadline, const Done& done);

 private:
  // Whether the checks take longer than a small score.
  bool IsLargeTable() const;
  void Submit(absl::Time deadline, const Done& done);
  // Calls `done`.
  void Finish(absl::Status status, const Done& done);
  // The checks. Fills what does not depend on the scores.
  absl::Status Prepare();
  // Finds the rows in the request.
  absl::Status TakeRows();
  absl::Status TakeTable();
  absl::Status TakeMatrix();
  // Takes them from the caller's quota, too.
  absl::Status TakeRowCount(size_t rows);
  // Gives back what was taken of the quota, as nothing will be scored.
  void ReturnRowCount();
  absl::Status LeaseResponse() const;
  // All memory of the response, and what it is computed from.
  void Allocate();
  void FillVerdicts();
  v1::RowStatus StatusOf(size_t row) const;
  void NameNearestRows(int row, v1::NearestRows& nearest_rows) const;
  void CountCells() const;
  // Tells the model's history, which is kept, of the request and of a few of its odd rows.
  // The version's, when the request asks for an alpha of its own: what somebody tries is no alarm,
  // and share and alpha of the alarms have to fit each other.
  const v1::ThresholdRecord* ThresholdInForce() const;
  void NoteHistory() const;

  const ScoreResources resources_;
  const Received& received_;
  const v1::ScoreRequest& request_;
  v1::ScoreResponse& response_;
  const ScoreCaller caller_;
  RequestClock own_clock_;
  RequestClock* clock_ = &own_clock_;
  size_t taken_rows_ = 0;  // of the caller's quota
  FoundVersion version_;
  // Without values where `schema_rows_` makes them.
  MatrixView rows_;
  std::unique_ptr<SchemaRows> schema_rows_;  // null for a version without a schema
  // RowDetails of the rows when contributions are wanted, otherwise empty.
  std::vector<float> expected_;
  std::vector<double> contributions_;
  // The same when nearest rows are.
  std::vector<NearestRow> nearest_;
  size_t nearest_count_ = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_OPERATION_H_
