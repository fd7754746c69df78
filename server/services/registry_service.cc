#include "server/services/registry_service.h"

#include <google/protobuf/util/time_util.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/calls/answer_size.h"
#include "server/messages/method_handlers.h"
#include "server/services/import_call.h"

namespace advae {
namespace {

google::protobuf::Timestamp ToProto(absl::Time time) {
  return google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

v1::DeletedVersion ToProto(const DeletedVersion& version, absl::Duration keep_deleted) {
  v1::DeletedVersion proto;
  proto.set_model(version.model);
  proto.set_version(version.version);
  *proto.mutable_delete_time() = ToProto(version.time);
  *proto.mutable_expire_time() = ToProto(version.time + keep_deleted);
  return proto;
}

}  // namespace

RegistryService::RegistryService(const RegistryServiceOptions& options)
    : table_(options.table),
      uploads_(options.uploads),
      threads_(options.threads),
      keep_deleted_(options.keep_deleted),
      list_messages_(options.limits),
      get_messages_(options.limits),
      set_messages_(options.limits),
      delete_version_messages_(options.limits),
      delete_model_messages_(options.limits),
      undelete_messages_(options.limits),
      list_deleted_messages_(options.limits) {
  using Context = grpc::CallbackServerContext;
  MethodHandlers handlers(v1::ModelRegistry::service_full_name(), options.access,
                          [this](int index, grpc::internal::MethodHandler* handler) {
                            MarkMethodCallback(index, handler);
                          });
  handlers.Unary(
      "ListModels", list_messages_,
      [this](Context& context, const Received& request, v1::ListModelsResponse& response) {
        return AnswerOn(threads_.reads, context,
                        [this, &request, &response] { return List(request, response); });
      });
  handlers.Unary("GetModel", get_messages_,
                 [this](Context& context, const Received& request, v1::GetModelResponse& response) {
                   return AnswerOn(threads_.reads, context, [this, &request, &response] {
                     return Describe(request, response);
                   });
                 });
  handlers.Unary(
      "SetServingVersion", set_messages_,
      [this](Context& context, const Received& request, v1::SetServingVersionResponse& response) {
        return AnswerOn(threads_.changes, context,
                        [this, &request, &response] { return SetServing(request, response); });
      });
  handlers.Unary(
      "DeleteVersion", delete_version_messages_,
      [this](Context& context, const Received& request, v1::DeleteVersionResponse& response) {
        return AnswerOn(threads_.changes, context,
                        [this, &request, &response] { return Delete(request, response); });
      });
  handlers.Unary(
      "DeleteModel", delete_model_messages_,
      [this](Context& context, const Received& received, v1::DeleteModelResponse& response) {
        const auto& request = static_cast<const v1::DeleteModelRequest&>(received.message());
        return AnswerOn(threads_.changes, context,
                        [this, &request, &response] { return DeleteIdleModel(request, response); });
      });
  handlers.Unary("Undelete", undelete_messages_,
                 [this](Context& context, const Received& request, v1::UndeleteResponse& response) {
                   return AnswerOn(threads_.changes, context, [this, &request, &response] {
                     return Undelete(request, response);
                   });
                 });
  handlers.Unary(
      "ListDeleted", list_deleted_messages_,
      [this](Context& context, const Received& request, v1::ListDeletedResponse& response) {
        return AnswerOn(threads_.changes, context,
                        [this, &request, &response] { return ListDeleted(request, response); });
      });
  handlers.ClientStream<v1::ImportVersionResponse>(
      "ImportVersion", [this, &limits = options.limits](Context& context, CallPermit permit,
                                                        v1::ImportVersionResponse& response) {
        return ImportCall::Launch<ImportCall>(context, std::move(permit), uploads_, limits,
                                              response);
      });
}

absl::Status RegistryService::List(const Received& request,
                                   v1::ListModelsResponse& response) const {
  auto models = table_.List();
  std::erase_if(models, [&caller = request.permit().caller()](const auto& model) {
    return !caller.MaySee(model->name);
  });
  AnswerSize size = {};
  for (const auto& model : models) size += AnswerSizeOf(Summarise(*model));
  ADVAE_RETURN_IF_ERROR(LeaseAnswer(size, request, "ask for the models one by one"));
  for (const auto& model : models) *response.add_models() = Summarise(*model);
  return absl::OkStatus();
}

absl::Status RegistryService::Describe(const Received& request,
                                       v1::GetModelResponse& response) const {
  const auto& model = static_cast<const v1::GetModelRequest&>(request.message()).model();
  ADVAE_ASSIGN_OR_RETURN(const ModelState state, table_.Get(model));
  *response.mutable_summary() = Summarise(state);
  for (const auto& [version, reason] : AbsentVersions(state, table_.LeftOut(model))) {
    v1::LeftOutVersion& left_out = *response.add_left_out_versions();
    left_out.set_version(version);
    left_out.set_reason(reason);
  }
  AnswerSize size = AnswerSizeOf(response);
  for (const auto& [number, loaded] : state.versions) size += AnswerSizeOf(loaded->info());
  ADVAE_RETURN_IF_ERROR(LeaseAnswer(size, request, "delete versions that are not needed"));
  for (const auto& [number, loaded] : state.versions) {
    *response.add_versions() = loaded->info();
  }
  return absl::OkStatus();
}

v1::ModelSummary RegistryService::Summarise(const ModelState& model) const {
  v1::ModelSummary summary;
  summary.set_model(model.name);
  summary.set_serving_version(model.serving_version);
  for (const auto& [version, loaded] : model.versions) summary.add_versions(version);
  summary.set_features(static_cast<uint32_t>(model.serving().info().features_size()));
  *summary.mutable_threshold() = model.serving().threshold();
  summary.set_training(uploads_.runner.IsBusy(model.name));
  return summary;
}

absl::Status RegistryService::SetServing(const Received& received,
                                         v1::SetServingVersionResponse& response) {
  const auto& request = static_cast<const v1::SetServingVersionRequest&>(received.message());
  ADVAE_RETURN_IF_ERROR(LeaseSummary(request.model(), received));
  ADVAE_RETURN_IF_ERROR(table_.SetServingVersion(request.model(), request.version()));
  return SummariseAfter(request.model(), *response.mutable_summary());
}

Deletion RegistryService::DeletionNow(bool permanently) const {
  return {.permanently = permanently || keep_deleted_ == absl::ZeroDuration()};
}

absl::Status RegistryService::Delete(const Received& received,
                                     v1::DeleteVersionResponse& response) {
  const auto& request = static_cast<const v1::DeleteVersionRequest&>(received.message());
  ADVAE_RETURN_IF_ERROR(LeaseSummary(request.model(), received));
  const Deletion deletion = DeletionNow(request.permanently());
  ADVAE_RETURN_IF_ERROR(table_.DeleteVersion(request.model(), request.version(), deletion));
  *response.mutable_summary() = SummariseIfLoaded(request.model());
  if (!deletion.permanently) {
    *response.mutable_expire_time() = ToProto(deletion.time + keep_deleted_);
  }
  return absl::OkStatus();
}

absl::Status RegistryService::DeleteIdleModel(const v1::DeleteModelRequest& request,
                                              v1::DeleteModelResponse& response) {
  const std::string& model = request.model();
  // Held until it is deleted, which may have to wait: a training that began meanwhile would be
  // deleted with it, or make it anew.
  ADVAE_ASSIGN_OR_RETURN(const auto slot, uploads_.runner.ReserveForDeletion(model));
  const Deletion deletion = DeletionNow(request.permanently());
  ADVAE_RETURN_IF_ERROR(table_.DeleteModel(model, deletion));
  if (!deletion.permanently) {
    *response.mutable_expire_time() = ToProto(deletion.time + keep_deleted_);
  }
  return absl::OkStatus();
}

absl::Status RegistryService::Undelete(const Received& received, v1::UndeleteResponse& response) {
  const auto& request = static_cast<const v1::UndeleteRequest&>(received.message());
  ADVAE_RETURN_IF_ERROR(LeaseSummary(request.model(), received));
  const std::optional<uint64_t> version =
      request.has_version() ? std::optional(request.version()) : std::nullopt;
  const absl::StatusOr<std::vector<uint64_t>> restored = table_.Undelete(request.model(), version);
  if (absl::IsNotFound(restored.status())) {
    return About(absl::NotFoundError(absl::StrCat(
                     restored.status().message(), "; this server keeps what is deleted for ",
                     absl::FormatDuration(keep_deleted_), " (--keep_deleted)")),
                 {.model = request.model(), .version = version});
  }
  if (!restored.ok()) return restored.status();
  *response.mutable_summary() = SummariseIfLoaded(request.model());
  response.mutable_restored_versions()->Add(restored->begin(), restored->end());
  return absl::OkStatus();
}

absl::Status RegistryService::ListDeleted(const Received& received,
                                          v1::ListDeletedResponse& response) const {
  const auto& request = static_cast<const v1::ListDeletedRequest&>(received.message());
  ADVAE_ASSIGN_OR_RETURN(std::vector<DeletedVersion> deleted,
                         table_.repository().ListDeleted(request.model()));
  std::erase_if(deleted, [&caller = received.permit().caller()](const DeletedVersion& version) {
    return !caller.MaySee(version.model);
  });
  AnswerSize size = {};
  for (const DeletedVersion& version : deleted) {
    size += AnswerSizeOf(ToProto(version, keep_deleted_));
  }
  ADVAE_RETURN_IF_ERROR(LeaseAnswer(size, received, "ask for the models one by one"));
  for (const DeletedVersion& version : deleted) {
    *response.add_versions() = ToProto(version, keep_deleted_);
  }
  return absl::OkStatus();
}

absl::Status RegistryService::LeaseSummary(const std::string& model,
                                           const Received& request) const {
  const absl::StatusOr<ModelState> state = table_.Get(model);
  if (!state.ok()) return absl::OkStatus();  // the change says what is wrong
  return request.lease().Grow(AnswerSizeOf(Summarise(*state)).held);
}

absl::Status RegistryService::SummariseAfter(const std::string& model,
                                             v1::ModelSummary& summary) const {
  ADVAE_ASSIGN_OR_RETURN(const ModelState state, table_.Get(model));
  summary = Summarise(state);
  return absl::OkStatus();
}

v1::ModelSummary RegistryService::SummariseIfLoaded(const std::string& model) const {
  const absl::StatusOr<ModelState> state = table_.Get(model);
  if (state.ok()) return Summarise(*state);
  v1::ModelSummary summary;
  summary.set_model(model);
  return summary;
}

}  // namespace advae
