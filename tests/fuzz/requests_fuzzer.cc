// Reads any bytes as a request of gRPC, whose type the first byte says: measures and parses it, and
// answers it as far as that changes nothing.

#include <grpcpp/support/byte_buffer.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "inference/inference.pb.h"
#include "model/spec/job_spec.h"
#include "model/table/survey/table_survey.h"
#include "model/table/table_view.h"
#include "server/base/request_matrix.h"
#include "server/base/request_subject.h"
#include "server/inference/infer_operation.h"
#include "server/inference/model_description.h"
#include "server/services/threshold_query.h"
#include "server/standard/reflection_answer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scoring_parts.h"

namespace advae {
namespace {

using testing::Require;

testing::ScoringParts& Parts() {
  static auto* const parts = new testing::ScoringParts();
  return *parts;
}

// Parses the bytes as a call does; false when they are refused.
bool Take(const std::string& bytes, Received& received, google::protobuf::Message& message) {
  const grpc::Slice slice(bytes);
  grpc::ByteBuffer buffer(&slice, 1);
  received.Take(buffer);
  if (!received.status().ok()) {
    Require(received.status().code() == absl::StatusCode::kInvalidArgument ||
            received.status().code() == absl::StatusCode::kResourceExhausted);
    return false;
  }
  // What the budget was asked for suffices.
  Require(received.lease().held() >= message.SpaceUsedLong());
  Require(SubjectOf(message).model.size() <= 64);
  return true;
}

template <typename Operation, typename Response>
void Run(const Received& received) {
  Response response;
  absl::Notification done;
  absl::Status outcome;
  Operation operation(Parts().resources(), received, response, {});
  operation.Start(absl::InfiniteFuture(), [&](const absl::Status& status) {
    outcome = status;
    done.Notify();
  });
  done.WaitForNotification();
  Require(outcome.code() != absl::StatusCode::kInternal &&
          outcome.code() != absl::StatusCode::kUnknown);
}

void Answer(const v1::ScoreRequest& /*request*/, const Received& received) {
  Run<ScoreOperation, v1::ScoreResponse>(received);
}

void Answer(const inference::ModelInferRequest& /*request*/, const Received& received) {
  Run<InferOperation, inference::ModelInferResponse>(received);
}

void Answer(v1::ThresholdRequest& request, const Received& received) {
  request.set_apply(false);
  v1::ThresholdResponse response;
  AnswerThreshold(Parts().table, received, response).IgnoreError();
}

void Answer(const v1::TrainRequest& request, const Received& /*received*/) {
  if (request.has_spec() && CheckTrainSpec(request.spec()).ok()) {
    CheckTrainingMemory(request.spec(), 1000, 10, {.process_bytes = 1 << 30}).IgnoreError();
  }
  if (request.has_rows()) ViewOf(request.rows()).status().IgnoreError();
  if (!request.has_table()) return;
  const absl::StatusOr<TableView> view = TableView::Create(request.table(), kMaxColumns);
  if (!view.ok()) return;
  TableSurvey survey({}, /*strict=*/false);
  if (survey.Add(*view).ok()) survey.Finish().status().IgnoreError();
}

void Answer(const v1::ImportVersionRequest& request, const Received& /*received*/) {
  if (request.has_spec()) CheckImportSpec(request.spec()).IgnoreError();
  if (request.has_rows()) ViewOf(request.rows()).status().IgnoreError();
}

void Answer(const inference::ModelMetadataRequest& /*request*/, const Received& received) {
  inference::ModelMetadataResponse response;
  DescribeModel(Parts().table, received, response).IgnoreError();
}

void Answer(const grpc::reflection::v1alpha::ServerReflectionRequest& request,
            const Received& /*received*/) {
  AnswerReflection(request, {"advae.v1.AnomalyDetector", "inference.GRPCInferenceService"});
}

// All others are a name and numbers.
void Answer(const google::protobuf::Message& /*request*/, const Received& /*received*/) {}

template <typename Request>
void Read(const std::string& bytes) {
  Request request;
  Received received(request, Parts().limits);
  if (Take(bytes, received, request)) Answer(request, received);
}

constexpr std::array kReaders = {&Read<v1::ScoreRequest>,
                                 &Read<v1::TrainRequest>,
                                 &Read<v1::ThresholdRequest>,
                                 &Read<v1::ImportVersionRequest>,
                                 &Read<inference::ModelInferRequest>,
                                 &Read<inference::ModelMetadataRequest>,
                                 &Read<grpc::reflection::v1alpha::ServerReflectionRequest>,
                                 &Read<v1::ListModelsRequest>,
                                 &Read<v1::GetModelRequest>,
                                 &Read<v1::SetServingVersionRequest>,
                                 &Read<v1::DeleteVersionRequest>,
                                 &Read<v1::DeleteModelRequest>,
                                 &Read<v1::UndeleteRequest>,
                                 &Read<v1::ListDeletedRequest>};

}  // namespace
}  // namespace advae

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  advae::kReaders[data[0] % advae::kReaders.size()](bytes);
  return 0;
}
