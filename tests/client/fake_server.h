#ifndef ADVAE_TESTS_CLIENT_FAKE_SERVER_H_
#define ADVAE_TESTS_CLIENT_FAKE_SERVER_H_

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "advae/v1/detector.grpc.pb.h"
#include "advae/v1/registry.grpc.pb.h"
#include "inference/inference.grpc.pb.h"

namespace advae::testing {

// Lets the first calls of unary methods fail, whichever they are, and counts all of them.
// Thread-safe.
class FailureInjector {
 public:
  void FailNext(int calls, grpc::Status status);
  // What the call that starts now has to return.
  grpc::Status Next();
  int calls() const;

 private:
  mutable absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int failures_left_ ABSL_GUARDED_BY(mutex_) = 0;
  grpc::Status failure_ ABSL_GUARDED_BY(mutex_);
};

// What a client sent on one Train or ImportVersion call.
struct Upload {
  v1::TrainSpec train_spec;
  v1::ImportSpec import_spec;
  std::string encoder;
  std::string generator;
  std::vector<std::string> feature_names;  // of the first chunk
  std::vector<float> values;               // the doubles of a table
  std::vector<v1::Table> tables;
  int chunks = 0;
};

// Scores a row with the sum of its values, those of a table that are doubles: s_alpha is 10 and p
// is 1 / (1 + score). The contribution of a feature is its value, and 0 is what the model expects.
class FakeDetector : public v1::AnomalyDetector::Service {
 public:
  explicit FakeDetector(FailureInjector& failures) : failures_(failures) {}

  // Set before the server is called.
  std::function<grpc::Status()> before_scoring = nullptr;   // each Score and ScoreStream
  std::function<grpc::Status()> before_training = nullptr;  // after the spec
  // After each message of a training with rows, with the numbers in them so far.
  std::function<grpc::Status(size_t values)> after_message = nullptr;
  std::function<grpc::Status()> after_accepted = nullptr;  // all rows have arrived
  std::function<void(v1::ScoreResponse&)> distort_score = nullptr;
  int responses_withheld = 0;              // of each score stream
  bool version_withheld = false;           // of each training
  v1::TableSchema schema = {};             // of each training's acceptance
  std::vector<std::string> warnings = {};  // of each version that is trained

  // Of the last Train call that sent all its rows.
  Upload upload() const;
  // Of the last Score call, or of the last message of a score stream.
  v1::ScoreRequest score_request() const;
  // Of the last Threshold call.
  v1::ThresholdRequest threshold_request() const;

  grpc::Status Train(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::TrainResponse, v1::TrainRequest>* stream) override;
  grpc::Status Score(grpc::ServerContext* context, const v1::ScoreRequest* request,
                     v1::ScoreResponse* response) override;
  grpc::Status ScoreStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::ScoreResponse, v1::ScoreRequest>* stream) override;
  grpc::Status Threshold(grpc::ServerContext* context, const v1::ThresholdRequest* request,
                         v1::ThresholdResponse* response) override;

 private:
  void NoteRequest(const v1::ScoreRequest& request);

  FailureInjector& failures_;
  mutable absl::Mutex mutex_;
  Upload upload_ ABSL_GUARDED_BY(mutex_);
  v1::ScoreRequest score_request_ ABSL_GUARDED_BY(mutex_);
  v1::ThresholdRequest threshold_request_ ABSL_GUARDED_BY(mutex_);
};

// Knows the model "pump" with the features "flow" and "heat" and the versions 1 and 2, the second
// of which serves.
class FakeRegistry : public v1::ModelRegistry::Service {
 public:
  explicit FakeRegistry(FailureInjector& failures);

  // Of each version that is imported, and of all that are looked up. Set before the server is
  // called.
  std::vector<std::string> warnings = {};
  // Of the serving version. Set before the server is called.
  std::optional<v1::TableSchema> schema = std::nullopt;
  // Versions of "pump" that the server does not hold; one of them serves by name alone. Set before
  // the server is called.
  std::vector<v1::LeftOutVersion> left_out = {};
  // Further versions of "pump", which are listed and no more. Set before the server is called.
  std::vector<uint64_t> other_versions = {};
  // After each message of an import, with the numbers in its rows so far.
  std::function<grpc::Status(size_t values)> after_message = nullptr;

  Upload upload() const;
  bool has_model(const std::string& model) const;

  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* request,
                          v1::ListModelsResponse* response) override;
  grpc::Status GetModel(grpc::ServerContext* context, const v1::GetModelRequest* request,
                        v1::GetModelResponse* response) override;
  grpc::Status SetServingVersion(grpc::ServerContext* context,
                                 const v1::SetServingVersionRequest* request,
                                 v1::SetServingVersionResponse* response) override;
  grpc::Status DeleteVersion(grpc::ServerContext* context, const v1::DeleteVersionRequest* request,
                             v1::DeleteVersionResponse* response) override;
  grpc::Status DeleteModel(grpc::ServerContext* context, const v1::DeleteModelRequest* request,
                           v1::DeleteModelResponse* response) override;
  // Restores version 3 of "pump", the only one that was deleted.
  grpc::Status Undelete(grpc::ServerContext* context, const v1::UndeleteRequest* request,
                        v1::UndeleteResponse* response) override;
  grpc::Status ListDeleted(grpc::ServerContext* context, const v1::ListDeletedRequest* request,
                           v1::ListDeletedResponse* response) override;
  grpc::Status ImportVersion(grpc::ServerContext* context,
                             grpc::ServerReader<v1::ImportVersionRequest>* reader,
                             v1::ImportVersionResponse* response) override;

 private:
  FailureInjector& failures_;
  mutable absl::Mutex mutex_;
  std::map<std::string, v1::GetModelResponse> models_ ABSL_GUARDED_BY(mutex_);
  Upload upload_ ABSL_GUARDED_BY(mutex_);
};

// Lists what the registry has left out.
class FakeInference : public inference::GRPCInferenceService::Service {
 public:
  FakeInference(FailureInjector& failures, const FakeRegistry& registry)
      : failures_(failures), registry_(registry) {}

  bool is_known = true;  // otherwise all is unimplemented, as with an older server

  grpc::Status RepositoryIndex(grpc::ServerContext* context,
                               const inference::RepositoryIndexRequest* request,
                               inference::RepositoryIndexResponse* response) override;

 private:
  FailureInjector& failures_;
  const FakeRegistry& registry_;
};

// All services and gRPC's health service on a free port of the loopback interface.
class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  const std::string& address() const { return address_; }
  void SetServing(bool serving);
  // The same for one name, which is not known before.
  void SetServing(const std::string& service, bool serving);

  FailureInjector failures;
  FakeDetector detector{failures};
  FakeRegistry registry{failures};
  FakeInference inference{failures, registry};

 private:
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

// Version `version` of "pump", as the fake server describes it.
v1::VersionInfo PumpVersion(uint64_t version);

}  // namespace advae::testing

#endif  // ADVAE_TESTS_CLIENT_FAKE_SERVER_H_
