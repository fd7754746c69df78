#ifndef ADVAE_SERVER_SERVICES_DETECTOR_SERVICE_H_
#define ADVAE_SERVER_SERVICES_DETECTOR_SERVICE_H_

#include "advae/v1/detector.grpc.pb.h"
#include "server/batching/batcher.h"
#include "server/jobs/upload_resources.h"
#include "server/models/model_table.h"
#include "server/services/pooled_answer.h"
#include "server/services/score_message_allocator.h"

namespace advae {

// The RPCs of advae.v1.AnomalyDetector. Thread-safe.
class DetectorService : public v1::AnomalyDetector::CallbackService {
 public:
  // All outlive the service.
  DetectorService(ModelTable& table, Batcher& batcher, const UploadResources& uploads,
                  CallThreads threads);

  grpc::ServerBidiReactor<v1::TrainRequest, v1::TrainResponse>* Train(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Score(grpc::CallbackServerContext* context,
                                  const v1::ScoreRequest* request,
                                  v1::ScoreResponse* response) override;
  grpc::ServerBidiReactor<v1::ScoreRequest, v1::ScoreResponse>* ScoreStream(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Threshold(grpc::CallbackServerContext* context,
                                      const v1::ThresholdRequest* request,
                                      v1::ThresholdResponse* response) override;

 private:
  ModelTable& table_;
  Batcher& batcher_;
  const UploadResources uploads_;
  const CallThreads threads_;
  ScoreMessageAllocator score_messages_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_DETECTOR_SERVICE_H_
