#include "server/services/detector_service.h"

#include "server/messages/method_handlers.h"
#include "server/services/score_call.h"
#include "server/services/score_stream_call.h"
#include "server/services/threshold_query.h"
#include "server/services/train_call.h"

namespace advae {
namespace {

int Index(const char* method) {
  return MethodIndex(v1::AnomalyDetector::service_full_name(), method);
}

}  // namespace

DetectorService::DetectorService(ModelTable& table, Batcher& batcher,
                                 const UploadResources& uploads, CallThreads threads,
                                 MessageLimits& limits)
    : table_(table),
      batcher_(batcher),
      uploads_(uploads),
      threads_(threads),
      score_messages_(limits),
      threshold_messages_(limits) {
  using Context = grpc::CallbackServerContext;
  MarkMethodCallback(Index("Train"),
                     BidiHandler<v1::TrainResponse>([this, &limits](Context* context) {
                       return TrainCall::Launch<TrainCall>(*context, uploads_, limits);
                     }));
  MarkMethodCallback(Index("Score"),
                     UnaryHandler(score_messages_, [this](Context& context, const Received& request,
                                                          v1::ScoreResponse& response) {
                       return ScoreCall::Start(table_, batcher_, context, request, response);
                     }));
  MarkMethodCallback(
      Index("ScoreStream"), BidiHandler<v1::ScoreResponse>([this, &limits](Context* context) {
        return ScoreStreamCall::Launch<ScoreStreamCall>(*context, table_, batcher_, limits);
      }));
  MarkMethodCallback(Index("Threshold"),
                     UnaryHandler(threshold_messages_, *this, &DetectorService::Threshold));
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
