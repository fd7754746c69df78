#ifndef ADVAE_SERVER_SERVICES_DETECTOR_SERVICE_H_
#define ADVAE_SERVER_SERVICES_DETECTOR_SERVICE_H_

#include "advae/v1/detector.grpc.pb.h"
#include "server/base/steady_alarm.h"
#include "server/batching/batcher.h"
#include "server/calls/open_streams.h"
#include "server/calls/pooled_answer.h"
#include "server/jobs/upload_resources.h"
#include "server/messages/message_allocator.h"
#include "server/models/model_table.h"
#include "server/services/score_operation.h"

namespace advae {

// What the service works with. All of it outlives the service.
struct DetectorServiceOptions {
  ModelTable& table;
  Batcher& batcher;
  const UploadResources& uploads;
  CallThreads threads;
  const AccessControl& access;
  MessageLimits& limits;
  OpenStreams& streams;
  AlarmThread& alarms;
};

// The RPCs of advae.v1.AnomalyDetector. Thread-safe.
class DetectorService : public v1::AnomalyDetector::CallbackService {
 public:
  explicit DetectorService(const DetectorServiceOptions& options);

 private:
  const ScoreResources scoring_;
  const UploadResources uploads_;
  const CallThreads threads_;
  MessageAllocator<v1::ScoreRequest, v1::ScoreResponse> score_messages_;
  MessageAllocator<v1::ThresholdRequest, v1::ThresholdResponse> threshold_messages_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_DETECTOR_SERVICE_H_
