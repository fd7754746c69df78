#ifndef ADVAE_SERVER_SERVICES_TRAIN_CALL_H_
#define ADVAE_SERVER_SERVICES_TRAIN_CALL_H_

#include <cstdint>
#include <memory>

#include "advae/v1/detector.pb.h"
#include "server/jobs/upload.h"
#include "server/services/queued_stream.h"

namespace advae {

// One Train RPC. Deletes itself when the RPC has ended.
class TrainCall : public QueuedStream<v1::TrainRequest, v1::TrainResponse> {
 public:
  // `runner` outlives the call.
  TrainCall(JobRunner& runner, uint64_t max_row_bytes, grpc::CallbackServerContext& context);

  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  absl::Status Take(const v1::TrainRequest& request);
  absl::Status Begin(const v1::TrainSpec& spec);
  // All has been sent.
  absl::Status StartTraining();
  void OnEvent(const v1::JobEvent& event);
  void OnTrained(absl::StatusOr<v1::VersionInfo> version);

  JobRunner& runner_;
  const uint64_t max_row_bytes_;
  grpc::CallbackServerContext& context_;
  std::shared_ptr<JobCancellation> cancellation_;  // null when none could be made
  v1::TrainRequest request_;
  v1::TrainSpec spec_;
  std::unique_ptr<Upload> upload_;  // from the spec on
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_TRAIN_CALL_H_
