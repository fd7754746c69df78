#include "tests/client/fake_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace advae::testing {
namespace {

constexpr double kThreshold = 10;
constexpr int64_t kExpireSeconds = 1'700'000'000;  // 2023-11-14T22:13:20Z

grpc::Status NotFound(const std::string& what) {
  return grpc::Status(grpc::StatusCode::NOT_FOUND, absl::StrCat("unknown ", what));
}

void AddRows(const v1::Matrix& rows, Upload& upload) {
  if (upload.chunks++ == 0) {
    upload.feature_names.assign(rows.feature_names().begin(), rows.feature_names().end());
  }
  upload.values.insert(upload.values.end(), rows.values().begin(), rows.values().end());
}

// The numbers of a table as those of a matrix, with the names of their columns.
v1::Matrix NumbersOf(const v1::Table& table) {
  v1::Matrix numbers;
  for (uint32_t i = 0; i < table.rows(); ++i) {
    for (const v1::TableColumn& column : table.columns()) {
      if (!column.has_doubles()) continue;
      double number = 0;
      std::memcpy(&number, column.doubles().data() + i * sizeof(number), sizeof(number));
      numbers.add_values(static_cast<float>(number));
      if (i == 0) numbers.add_feature_names(column.name());
    }
  }
  numbers.set_columns(static_cast<uint32_t>(numbers.feature_names_size()));
  return numbers;
}

void AddTable(const v1::Table& table, Upload& upload) {
  upload.tables.push_back(table);
  AddRows(NumbersOf(table), upload);
}

void ScoreRow(const v1::ScoreRequest& request, int row, v1::ScoreResponse& response) {
  const int columns = static_cast<int>(request.rows().columns());
  const float* const values = request.rows().values().data() + row * columns;
  double score = 0;
  for (int j = 0; j < columns; ++j) score += values[j];
  const bool finite = std::isfinite(score);
  response.add_scores(score);
  response.add_p_values(1 / (1 + score));
  response.add_anomalies(!(score < kThreshold));
  response.add_statuses(finite ? v1::ROW_STATUS_OK : v1::ROW_STATUS_NOT_FINITE);
  if (request.top_features() > 0) {
    v1::Explanation& explanation = *response.add_explanations();
    for (int j = 0; finite && j < std::min<int>(columns, request.top_features()); ++j) {
      v1::FeatureContribution& contribution = *explanation.add_contributions();
      contribution.set_feature(j);
      contribution.set_name(j == 0 ? "flow" : "heat");
      contribution.set_contribution(values[j]);
    }
  }
  if (request.nearest_rows() > 0) {
    v1::NearestRows& nearest = *response.add_nearest_rows();
    for (uint32_t n = 0; finite && n < request.nearest_rows(); ++n) {
      nearest.add_rows(100 + n);
      nearest.add_distances(0.25 * n);
    }
  }
}

void AddWarnings(const std::vector<std::string>& warnings, v1::VersionInfo& version) {
  for (const std::string& warning : warnings) version.add_warnings(warning);
}

v1::ScoreResponse ScoreRows(v1::ScoreRequest request) {
  if (request.has_table()) *request.mutable_rows() = NumbersOf(request.table());
  v1::ScoreResponse response;
  response.set_model(request.model());
  response.set_version(request.has_version() ? request.version() : 2);
  response.set_alpha(request.has_alpha() ? request.alpha() : 0.1);
  response.set_threshold(kThreshold);
  const int rows = request.rows().values_size() / static_cast<int>(request.rows().columns());
  for (int row = 0; row < rows; ++row) ScoreRow(request, row, response);
  return response;
}

}  // namespace

v1::VersionInfo PumpVersion(uint64_t version) {
  v1::VersionInfo info;
  info.set_model("pump");
  info.set_version(version);
  info.set_origin(v1::ORIGIN_TRAINED);
  info.mutable_create_time()->set_seconds(1700000000);
  for (const char* const name : {"flow", "heat"}) {
    v1::Feature& feature = *info.add_features();
    feature.set_name(name);
    feature.set_minimum(-1);
    feature.set_maximum(1);
  }
  info.mutable_hyperparameters()->set_objective(v1::OBJECTIVE_ADVAE);
  info.mutable_hyperparameters()->set_latent_size(1);
  info.mutable_hyperparameters()->set_lambda(0.1);
  info.set_seed(std::numeric_limits<uint64_t>::max());
  info.mutable_latent_plan()->set_sampler(v1::SAMPLER_MONTE_CARLO);
  info.mutable_latent_plan()->set_samples(64);
  info.mutable_latent_plan()->set_seed(std::numeric_limits<uint64_t>::max() - 1);
  info.set_training_rows(1000);
  info.set_data_fingerprint("abc");
  info.mutable_final_losses()->set_encoder(0.25);
  info.mutable_training_duration()->set_seconds(2);
  info.mutable_training_duration()->set_nanos(500000000);
  info.set_bandwidth(0.5);
  v1::ScoreQuantile& median = *info.add_score_quantiles();
  median.set_probability(0.5);
  median.set_score(3);
  v1::ThresholdRecord& threshold = *info.add_threshold_history();
  threshold.set_alpha(0.1);
  threshold.set_threshold(kThreshold);
  threshold.mutable_set_time()->set_seconds(1700000000);
  // The others are of a server that asks nobody.
  if (version == 2) {
    info.set_created_by("plant");
    threshold.set_set_by("ops");
  }
  return info;
}

void FailureInjector::FailNext(int calls, grpc::Status status) {
  absl::MutexLock lock(&mutex_);
  failures_left_ = calls;
  failure_ = std::move(status);
}

grpc::Status FailureInjector::Next() {
  absl::MutexLock lock(&mutex_);
  ++calls_;
  return failures_left_-- > 0 ? failure_ : grpc::Status::OK;
}

int FailureInjector::calls() const {
  absl::MutexLock lock(&mutex_);
  return calls_;
}

Upload FakeDetector::upload() const {
  absl::MutexLock lock(&mutex_);
  return upload_;
}

v1::ScoreRequest FakeDetector::score_request() const {
  absl::MutexLock lock(&mutex_);
  return score_request_;
}

void FakeDetector::NoteRequest(const v1::ScoreRequest& request) {
  absl::MutexLock lock(&mutex_);
  score_request_ = request;
}

v1::ThresholdRequest FakeDetector::threshold_request() const {
  absl::MutexLock lock(&mutex_);
  return threshold_request_;
}

grpc::Status FakeDetector::Train(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<v1::TrainResponse, v1::TrainRequest>* stream) {
  Upload upload;
  v1::TrainRequest request;
  stream->Read(&request);
  upload.train_spec = request.spec();
  if (before_training) {
    if (grpc::Status status = before_training(); !status.ok()) return status;
  }
  while (stream->Read(&request)) {
    if (request.has_table()) {
      AddTable(request.table(), upload);
    } else {
      AddRows(request.rows(), upload);
    }
    if (after_message) {
      if (grpc::Status status = after_message(upload.values.size()); !status.ok()) return status;
    }
  }
  if (context->IsCancelled()) return grpc::Status::CANCELLED;
  {
    absl::MutexLock lock(&mutex_);
    upload_ = upload;
  }
  v1::TrainResponse event;
  event.mutable_accepted()->set_model(upload.train_spec.model());
  event.mutable_accepted()->set_rows(upload.values.size() / upload.feature_names.size());
  *event.mutable_accepted()->mutable_schema() = schema;
  stream->Write(event);
  if (after_accepted) {
    if (grpc::Status status = after_accepted(); !status.ok()) return status;
  }
  for (const int epoch : {1, 2}) {
    event.mutable_progress()->set_epoch(epoch);
    event.mutable_progress()->set_epochs(2);
    stream->Write(event);
  }
  if (version_withheld) return grpc::Status::OK;
  *event.mutable_finished()->mutable_version() = PumpVersion(3);
  AddWarnings(warnings, *event.mutable_finished()->mutable_version());
  stream->Write(event);
  return grpc::Status::OK;
}

grpc::Status FakeDetector::Score(grpc::ServerContext*, const v1::ScoreRequest* request,
                                 v1::ScoreResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  if (before_scoring) {
    if (grpc::Status status = before_scoring(); !status.ok()) return status;
  }
  NoteRequest(*request);
  *response = ScoreRows(*request);
  if (distort_score) distort_score(*response);
  return grpc::Status::OK;
}

grpc::Status FakeDetector::ScoreStream(
    grpc::ServerContext*, grpc::ServerReaderWriter<v1::ScoreResponse, v1::ScoreRequest>* stream) {
  if (before_scoring) {
    if (grpc::Status status = before_scoring(); !status.ok()) return status;
  }
  int withheld = responses_withheld;
  for (v1::ScoreRequest request; stream->Read(&request);) {
    NoteRequest(request);
    v1::ScoreResponse response = ScoreRows(request);
    if (distort_score) distort_score(response);
    if (withheld-- > 0) continue;
    stream->Write(response);
  }
  return grpc::Status::OK;
}

grpc::Status FakeDetector::Threshold(grpc::ServerContext*, const v1::ThresholdRequest* request,
                                     v1::ThresholdResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  threshold_request_ = *request;
  response->set_model(request->model());
  response->set_version(request->has_version() ? request->version() : 2);
  response->set_alpha(request->has_alpha() ? request->alpha() : 0.1);
  response->set_threshold(kThreshold);
  response->set_bandwidth(0.5);
  response->set_training_scores(1000);
  for (uint32_t i = 0; i < request->curve_points(); ++i) {
    v1::DistributionPoint& point = *response->add_curve();
    point.set_score(i);
    point.set_density(0.25);
    point.set_cdf(0.5);
  }
  return grpc::Status::OK;
}

FakeRegistry::FakeRegistry(FailureInjector& failures) : failures_(failures) {
  v1::GetModelResponse pump;
  v1::ModelSummary& summary = *pump.mutable_summary();
  summary.set_model("pump");
  summary.set_serving_version(2);
  summary.set_features(2);
  summary.mutable_threshold()->set_alpha(0.1);
  summary.mutable_threshold()->set_threshold(kThreshold);
  for (const uint64_t version : {1, 2}) {
    summary.add_versions(version);
    *pump.add_versions() = PumpVersion(version);
  }
  absl::MutexLock lock(&mutex_);
  models_["pump"] = pump;
}

Upload FakeRegistry::upload() const {
  absl::MutexLock lock(&mutex_);
  return upload_;
}

bool FakeRegistry::has_model(const std::string& model) const {
  absl::MutexLock lock(&mutex_);
  return models_.contains(model);
}

grpc::Status FakeRegistry::ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                                      v1::ListModelsResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  for (const auto& [name, model] : models_) {
    v1::ModelSummary& summary = *response->add_models();
    summary = model.summary();
    if (name == "pump")
      summary.mutable_versions()->Add(other_versions.begin(), other_versions.end());
  }
  return grpc::Status::OK;
}

grpc::Status FakeRegistry::GetModel(grpc::ServerContext*, const v1::GetModelRequest* request,
                                    v1::GetModelResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  const auto model = models_.find(request->model());
  if (model == models_.end()) return NotFound("model " + request->model());
  *response = model->second;
  response->mutable_left_out_versions()->Add(left_out.begin(), left_out.end());
  for (v1::VersionInfo& version : *response->mutable_versions()) {
    AddWarnings(warnings, version);
    if (schema) *version.mutable_schema() = *schema;
  }
  return grpc::Status::OK;
}

grpc::Status FakeRegistry::SetServingVersion(grpc::ServerContext*,
                                             const v1::SetServingVersionRequest* request,
                                             v1::SetServingVersionResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  const auto model = models_.find(request->model());
  if (model == models_.end()) return NotFound("model " + request->model());
  const auto is_chosen = [request](const v1::LeftOutVersion& version) {
    return version.version() == request->version();
  };
  if (std::ranges::none_of(left_out, is_chosen)) {
    model->second.mutable_summary()->set_serving_version(request->version());
  }
  *response->mutable_summary() = model->second.summary();
  return grpc::Status::OK;
}

grpc::Status FakeRegistry::DeleteVersion(grpc::ServerContext*,
                                         const v1::DeleteVersionRequest* request,
                                         v1::DeleteVersionResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  const auto model = models_.find(request->model());
  if (model == models_.end()) return NotFound("model " + request->model());
  v1::ModelSummary& summary = *model->second.mutable_summary();
  auto& versions = *summary.mutable_versions();
  versions.erase(std::remove(versions.begin(), versions.end(), request->version()), versions.end());
  *response->mutable_summary() = summary;
  if (!request->permanently()) response->mutable_expire_time()->set_seconds(kExpireSeconds);
  return grpc::Status::OK;
}

grpc::Status FakeRegistry::DeleteModel(grpc::ServerContext*, const v1::DeleteModelRequest* request,
                                       v1::DeleteModelResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  if (!request->permanently()) response->mutable_expire_time()->set_seconds(kExpireSeconds);
  absl::MutexLock lock(&mutex_);
  return models_.erase(request->model()) > 0 ? grpc::Status::OK
                                             : NotFound("model " + request->model());
}

grpc::Status FakeRegistry::Undelete(grpc::ServerContext*, const v1::UndeleteRequest* request,
                                    v1::UndeleteResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  absl::MutexLock lock(&mutex_);
  const auto model = models_.find(request->model());
  const bool is_kept = !request->has_version() || request->version() == 3;
  if (model == models_.end() || !is_kept) return NotFound("deletion of " + request->model());
  model->second.mutable_summary()->add_versions(3);
  *response->mutable_summary() = model->second.summary();
  response->add_restored_versions(3);
  return grpc::Status::OK;
}

grpc::Status FakeRegistry::ListDeleted(grpc::ServerContext*, const v1::ListDeletedRequest* request,
                                       v1::ListDeletedResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  if (!request->model().empty() && request->model() != "pump") return grpc::Status::OK;
  v1::DeletedVersion& version = *response->add_versions();
  version.set_model("pump");
  version.set_version(3);
  version.mutable_delete_time()->set_seconds(kExpireSeconds - 7 * 86'400);
  version.mutable_expire_time()->set_seconds(kExpireSeconds);
  return grpc::Status::OK;
}

grpc::Status FakeRegistry::ImportVersion(grpc::ServerContext*,
                                         grpc::ServerReader<v1::ImportVersionRequest>* reader,
                                         v1::ImportVersionResponse* response) {
  Upload upload;
  for (v1::ImportVersionRequest request; reader->Read(&request);) {
    if (request.has_spec()) upload.import_spec = request.spec();
    upload.encoder += request.encoder_chunk();
    upload.generator += request.generator_chunk();
    if (request.has_rows()) AddRows(request.rows(), upload);
    if (after_message) {
      if (grpc::Status status = after_message(upload.values.size()); !status.ok()) return status;
    }
  }
  absl::MutexLock lock(&mutex_);
  upload_ = upload;
  v1::VersionInfo& version = *response->mutable_version();
  version = PumpVersion(3);
  AddWarnings(warnings, version);
  version.set_origin(v1::ORIGIN_IMPORTED);
  version.clear_final_losses();
  version.clear_training_duration();
  version.mutable_hyperparameters()->clear_objective();
  return grpc::Status::OK;
}

grpc::Status FakeInference::RepositoryIndex(grpc::ServerContext*,
                                            const inference::RepositoryIndexRequest*,
                                            inference::RepositoryIndexResponse* response) {
  if (grpc::Status status = failures_.Next(); !status.ok()) return status;
  if (!is_known) return {grpc::StatusCode::UNIMPLEMENTED, ""};
  const auto add = [response](uint64_t version, const char* state, const std::string& reason) {
    auto& index = *response->add_models();
    index.set_name("pump");
    index.set_version(absl::StrCat(version));
    index.set_state(state);
    index.set_reason(reason);
  };
  add(1, "READY", "");
  for (const v1::LeftOutVersion& version : registry_.left_out) {
    add(version.version(), "UNAVAILABLE", version.reason());
  }
  return grpc::Status::OK;
}

FakeServer::FakeServer() {
  grpc::EnableDefaultHealthCheckService(true);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&detector);
  builder.RegisterService(&registry);
  builder.RegisterService(&inference);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    std::cerr << "cannot start the fake server\n";
    std::abort();
  }
  server_->GetHealthCheckService()->SetServingStatus("advae.v1.AnomalyDetector", true);
  address_ = absl::StrCat("127.0.0.1:", port);
}

FakeServer::~FakeServer() { server_->Shutdown(std::chrono::system_clock::now()); }

void FakeServer::SetServing(bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(serving);
}

void FakeServer::SetServing(const std::string& service, bool serving) {
  server_->GetHealthCheckService()->SetServingStatus(service, serving);
}

}  // namespace advae::testing
