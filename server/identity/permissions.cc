#include "server/identity/permissions.h"

#include <google/protobuf/descriptor.h>

#include <map>

#include "advae/v1/detector.pb.h"

namespace advae {
namespace {

constexpr char kThreshold[] = "/advae.v1.AnomalyDetector/Threshold";
constexpr char kTrain[] = "/advae.v1.AnomalyDetector/Train";
constexpr char kImport[] = "/advae.v1.ModelRegistry/ImportVersion";

struct Permission {
  Role role;
  bool is_score_stream = false;
};

const std::map<std::string_view, Permission>& Permissions() {
  static const auto& permissions = *new std::map<std::string_view, Permission>{
      {kMetricsMethod, {Role::kViewer}},
      {"/advae.v1.AnomalyDetector/Score", {Role::kScorer}},
      {"/advae.v1.AnomalyDetector/ScoreStream", {.role = Role::kScorer, .is_score_stream = true}},
      {kThreshold, {Role::kViewer}},  // unless it applies one
      {kTrain, {Role::kTrainer}},
      {"/advae.v1.ModelRegistry/DeleteModel", {Role::kAdmin}},
      {"/advae.v1.ModelRegistry/DeleteVersion", {Role::kAdmin}},
      {"/advae.v1.ModelRegistry/GetModel", {Role::kViewer}},
      {kImport, {Role::kTrainer}},
      {"/advae.v1.ModelRegistry/ListDeleted", {Role::kViewer}},
      {"/advae.v1.ModelRegistry/ListModels", {Role::kViewer}},
      {"/advae.v1.ModelRegistry/SetServingVersion", {Role::kTrainer}},
      {"/advae.v1.ModelRegistry/Undelete", {Role::kAdmin}},
      {"/grpc.health.v1.Health/Check", {Role::kViewer}},
      {"/grpc.health.v1.Health/Watch", {Role::kViewer}},
      {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ModelConfig", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ModelInfer", {Role::kScorer}},
      {"/inference.GRPCInferenceService/ModelMetadata", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ModelReady", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ModelStatistics", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ModelStreamInfer",
       {.role = Role::kScorer, .is_score_stream = true}},
      {"/inference.GRPCInferenceService/RepositoryIndex", {Role::kViewer}},
      {"/inference.GRPCInferenceService/RepositoryModelLoad", {Role::kTrainer}},
      {"/inference.GRPCInferenceService/RepositoryModelUnload", {Role::kTrainer}},
      {"/inference.GRPCInferenceService/ServerLive", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ServerMetadata", {Role::kViewer}},
      {"/inference.GRPCInferenceService/ServerReady", {Role::kViewer}}};
  return permissions;
}

Permission PermissionOf(std::string_view method) {
  const auto found = Permissions().find(method);
  return found != Permissions().end() ? found->second : Permission{Role::kAdmin};
}

bool AppliesThreshold(std::string_view method, const google::protobuf::Message* request) {
  return method == kThreshold && request != nullptr &&
         request->GetDescriptor() == v1::ThresholdRequest::descriptor() &&
         static_cast<const v1::ThresholdRequest*>(request)->apply();
}

}  // namespace

Role RequiredRole(std::string_view method, const google::protobuf::Message* request) {
  if (AppliesThreshold(method, request)) return Role::kTrainer;
  return PermissionOf(method).role;
}

bool IsHealthMethod(std::string_view method) {
  return method.starts_with("/grpc.health.v1.Health/") ||
         method == "/inference.GRPCInferenceService/ServerLive" ||
         method == "/inference.GRPCInferenceService/ServerReady";
}

bool IsScoreStream(std::string_view method) { return PermissionOf(method).is_score_stream; }

bool MayRecordCaller(std::string_view method) {
  return method == kTrain || method == kImport || method == kThreshold;
}

bool IsChange(std::string_view method, const google::protobuf::Message* request) {
  return RequiredRole(method, request) >= Role::kTrainer;
}

}  // namespace advae
