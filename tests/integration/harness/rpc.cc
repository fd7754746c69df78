#include "tests/integration/harness/rpc.h"

#include <memory>
#include <thread>

namespace advae::testing {
namespace {

// Writes while it reads: a server that answers much and is not read would stop reading.
template <typename Request, typename Response>
Outcome<Response> Exchange(grpc::ClientReaderWriter<Request, Response>& stream,
                           const std::vector<Request>& requests) {
  Outcome<Response> outcome;
  std::thread writer([&] {
    for (const Request& request : requests) {
      if (!stream.Write(request)) return;
    }
    stream.WritesDone();
  });
  for (Response response; stream.Read(&response);) outcome.responses.push_back(response);
  writer.join();
  outcome.status = stream.Finish();
  return outcome;
}

}  // namespace

v1::Matrix ToProto(const Matrix& matrix) {
  v1::Matrix proto;
  proto.mutable_values()->Assign(matrix.values.begin(), matrix.values.end());
  proto.set_columns(static_cast<uint32_t>(matrix.columns));
  return proto;
}

v1::ScoreRequest ScoreRequestOf(const std::string& model, const Matrix& rows) {
  v1::ScoreRequest request;
  request.set_model(model);
  *request.mutable_rows() = ToProto(rows);
  return request;
}

v1::TrainRequest SpecOf(const std::string& model) {
  v1::TrainRequest request;
  request.mutable_spec()->set_model(model);
  return request;
}

v1::TrainRequest RowsOf(const Matrix& rows) {
  v1::TrainRequest request;
  *request.mutable_rows() = ToProto(rows);
  return request;
}

v1::TrainRequest TinySpecOf(const std::string& model) {
  v1::TrainRequest request = SpecOf(model);
  v1::Hyperparameters& parameters = *request.mutable_spec()->mutable_hyperparameters();
  parameters.set_latent_size(2);
  parameters.set_hidden_size(4);
  parameters.set_epochs(1);
  return request;
}

Outcome<v1::TrainResponse> Train(v1::AnomalyDetector::Stub& detector,
                                 const std::vector<v1::TrainRequest>& requests) {
  CallContext context;
  return Exchange(*detector.Train(&context), requests);
}

Outcome<v1::ScoreResponse> ScoreStream(v1::AnomalyDetector::Stub& detector,
                                       const std::vector<v1::ScoreRequest>& requests) {
  CallContext context;
  return Exchange(*detector.ScoreStream(&context), requests);
}

grpc::Status Import(v1::ModelRegistry::Stub& registry,
                    const std::vector<v1::ImportVersionRequest>& requests,
                    v1::ImportVersionResponse& response) {
  CallContext context;
  const auto writer = registry.ImportVersion(&context, &response);
  for (const v1::ImportVersionRequest& request : requests) {
    if (!writer->Write(request)) return writer->Finish();
  }
  writer->WritesDone();
  return writer->Finish();
}

}  // namespace advae::testing
