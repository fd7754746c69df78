#include "server/services/detector_service.h"

#include <utility>

#include "server/messages/method_handlers.h"
#include "server/services/operation_call.h"
#include "server/services/score_stream_call.h"
#include "server/services/threshold_query.h"
#include "server/services/train_call.h"

namespace advae {
DetectorService::DetectorService(const DetectorServiceOptions& options)
    : scoring_{.table = options.table, .batcher = options.batcher, .reads = options.threads.reads},
      uploads_(options.uploads),
      threads_(options.threads),
      score_messages_(options.limits),
      threshold_messages_(options.limits) {
  MessageLimits& limits = options.limits;
  using Context = grpc::CallbackServerContext;
  MethodHandlers handlers(v1::AnomalyDetector::service_full_name(), options.access,
                          [this](int index, grpc::internal::MethodHandler* handler) {
                            MarkMethodCallback(index, handler);
                          });
  handlers.Bidi<v1::TrainResponse>("Train", [this, &limits](Context& context, CallPermit permit) {
    return TrainCall::Launch<TrainCall>(context, std::move(permit), uploads_, limits);
  });
  handlers.Unary("Score", score_messages_,
                 [this](Context& context, const Received& request, v1::ScoreResponse& response) {
                   return OperationCall<ScoreOperation, v1::ScoreResponse>::Start(
                       scoring_, context, request, response);
                 });
  const StreamResources streaming = {
      .scoring = scoring_, .limits = limits, .streams = options.streams, .alarms = options.alarms};
  handlers.Bidi<v1::ScoreResponse>("ScoreStream", [streaming](Context& context, CallPermit permit) {
    return ScoreStreamCall::Launch<ScoreStreamCall>(context, std::move(permit), streaming);
  });
  handlers.Unary(
      "Threshold", threshold_messages_,
      [this](Context& context, const Received& request, v1::ThresholdResponse& response) {
        const bool apply = static_cast<const v1::ThresholdRequest&>(request.message()).apply();
        return AnswerOn(apply ? threads_.changes : threads_.reads, context,
                        [this, &request, &response] {
                          return AnswerThreshold(scoring_.table, request, response);
                        });
      });
}

}  // namespace advae
