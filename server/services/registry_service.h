#ifndef ADVAE_SERVER_SERVICES_REGISTRY_SERVICE_H_
#define ADVAE_SERVER_SERVICES_REGISTRY_SERVICE_H_

#include "absl/time/time.h"
#include "advae/v1/registry.grpc.pb.h"
#include "model/repository/deleted_versions.h"
#include "server/calls/pooled_answer.h"
#include "server/jobs/upload_resources.h"
#include "server/messages/message_allocator.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"

namespace advae {

// What the service works with. All of it outlives the service.
struct RegistryServiceOptions {
  ModelTable& table;
  const UploadResources& uploads;
  CallThreads threads;
  const AccessControl& access;
  MessageLimits& limits;
  // How long what is deleted can be restored; zero: not at all.
  absl::Duration keep_deleted = KeptDeletions().age;
};

// The RPCs of advae.v1.ModelRegistry. Thread-safe.
class RegistryService : public v1::ModelRegistry::CallbackService {
 public:
  explicit RegistryService(const RegistryServiceOptions& options);

  // What ListModels and GetModel answer, leasing the memory of it. May take milliseconds.
  absl::Status List(const Received& request, v1::ListModelsResponse& response) const;
  absl::Status Describe(const Received& request, v1::GetModelResponse& response) const;

 private:
  v1::ModelSummary Summarise(const ModelState& model) const;
  absl::Status SetServing(const Received& received, v1::SetServingVersionResponse& response);
  absl::Status Delete(const Received& received, v1::DeleteVersionResponse& response);
  absl::Status DeleteIdleModel(const v1::DeleteModelRequest& request,
                               v1::DeleteModelResponse& response);
  absl::Status Undelete(const Received& received, v1::UndeleteResponse& response);
  absl::Status ListDeleted(const Received& received, v1::ListDeletedResponse& response) const;
  // Leases the memory of a model's summary before a change: what is done is not refused.
  absl::Status LeaseSummary(const std::string& model, const Received& request) const;
  absl::Status SummariseAfter(const std::string& model, v1::ModelSummary& summary) const;
  // Only the name when no version is loaded.
  v1::ModelSummary SummariseIfLoaded(const std::string& model) const;
  Deletion DeletionNow(bool permanently) const;

  ModelTable& table_;
  const UploadResources uploads_;
  const CallThreads threads_;
  const absl::Duration keep_deleted_;
  MessageAllocator<v1::ListModelsRequest, v1::ListModelsResponse> list_messages_;
  MessageAllocator<v1::GetModelRequest, v1::GetModelResponse> get_messages_;
  MessageAllocator<v1::SetServingVersionRequest, v1::SetServingVersionResponse> set_messages_;
  MessageAllocator<v1::DeleteVersionRequest, v1::DeleteVersionResponse> delete_version_messages_;
  MessageAllocator<v1::DeleteModelRequest, v1::DeleteModelResponse> delete_model_messages_;
  MessageAllocator<v1::UndeleteRequest, v1::UndeleteResponse> undelete_messages_;
  MessageAllocator<v1::ListDeletedRequest, v1::ListDeletedResponse> list_deleted_messages_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_REGISTRY_SERVICE_H_
