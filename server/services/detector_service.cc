#include "server/services/detector_service.h"

#include "server/services/grpc_status.h"
#include "server/services/score_call.h"
#include "server/services/score_stream_call.h"
#include "server/services/threshold_query.h"
#include "server/services/train_call.h"

namespace advae {

DetectorService::DetectorService(ModelTable& table, Batcher& batcher, JobRunner& runner,
                                 uint64_t max_row_bytes)
    : table_(table), batcher_(batcher), runner_(runner), max_row_bytes_(max_row_bytes) {
  SetMessageAllocatorFor_Score(&score_messages_);
}

grpc::ServerBidiReactor<v1::TrainRequest, v1::TrainResponse>* DetectorService::Train(
    grpc::CallbackServerContext* context) {
  return new TrainCall(runner_, max_row_bytes_, *context);
}

grpc::ServerUnaryReactor* DetectorService::Score(grpc::CallbackServerContext* context,
                                                 const v1::ScoreRequest* request,
                                                 v1::ScoreResponse* response) {
  return ScoreCall::Start(table_, batcher_, *context, *request, *response);
}

grpc::ServerBidiReactor<v1::ScoreRequest, v1::ScoreResponse>* DetectorService::ScoreStream(
    grpc::CallbackServerContext* context) {
  return new ScoreStreamCall(table_, batcher_, *context);
}

grpc::ServerUnaryReactor* DetectorService::Threshold(grpc::CallbackServerContext* context,
                                                     const v1::ThresholdRequest* request,
                                                     v1::ThresholdResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(AnswerThreshold(table_, *request, *response), *context));
  return reactor;
}

}  // namespace advae
