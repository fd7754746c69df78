#ifndef ADVAE_SERVER_SERVICES_TRAIN_CALL_H_
#define ADVAE_SERVER_SERVICES_TRAIN_CALL_H_

#include <cstddef>
#include <utility>

#include "advae/v1/detector.pb.h"
#include "server/calls/queued_stream.h"
#include "server/services/upload_call.h"

namespace advae {

// One Train RPC.
class TrainCall
    : public UploadCall<
          QueuedStream<grpc::ServerBidiReactor<Received, v1::TrainResponse>, v1::TrainResponse>,
          v1::TrainRequest> {
 public:
  TrainCall(grpc::CallbackServerContext& context, CallPermit permit,
            const UploadResources& resources, MessageLimits& limits)
      : UploadCall(context, std::move(permit), resources, limits, JobKind::kTraining) {}

 private:
  // A client that does not read gets no more of its training's progress than this.
  static constexpr size_t kMaxUnread = 1000;

  absl::Status CheckSpec(const v1::TrainSpec& spec) const override;
  absl::Status TakeData(const v1::TrainRequest& request) override;
  absl::StatusOr<v1::Job> MakeJob() override;
  void OnEvent(const v1::JobEvent& event) override;
  void OnVersion(const v1::VersionInfo& version) override;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_TRAIN_CALL_H_
