#include "server/services/detector_service.h"

#include "server/services/score_call.h"
#include "server/services/score_stream_call.h"
#include "server/services/threshold_query.h"
#include "server/services/train_call.h"

namespace advae {

DetectorService::DetectorService(ModelTable& table, Batcher& batcher,
                                 const UploadResources& uploads, CallThreads threads)
    : table_(table), batcher_(batcher), uploads_(uploads), threads_(threads) {
  SetMessageAllocatorFor_Score(&score_messages_);
}

grpc::ServerBidiReactor<v1::TrainRequest, v1::TrainResponse>* DetectorService::Train(
    grpc::CallbackServerContext* context) {
  return TrainCall::Launch<TrainCall>(*context, uploads_);
}

grpc::ServerUnaryReactor* DetectorService::Score(grpc::CallbackServerContext* context,
                                                 const v1::ScoreRequest* request,
                                                 v1::ScoreResponse* response) {
  return ScoreCall::Start(table_, batcher_, *context, *request, *response);
}

grpc::ServerBidiReactor<v1::ScoreRequest, v1::ScoreResponse>* DetectorService::ScoreStream(
    grpc::CallbackServerContext* context) {
  return ScoreStreamCall::Launch<ScoreStreamCall>(*context, table_, batcher_);
}

grpc::ServerUnaryReactor* DetectorService::Threshold(grpc::CallbackServerContext* context,
                                                     const v1::ThresholdRequest* request,
                                                     v1::ThresholdResponse* response) {
  WorkPool& pool = request->apply() ? threads_.changes : threads_.reads;
  return AnswerOn(pool, *context, [this, request, response] {
    return AnswerThreshold(table_, *request, *response);
  });
}

}  // namespace advae
