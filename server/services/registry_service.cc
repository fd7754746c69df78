#include "server/services/registry_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/calls/answer_size.h"
#include "server/messages/method_handlers.h"
#include "server/services/import_call.h"

namespace advae {

RegistryService::RegistryService(const RegistryServiceOptions& options)
    : table_(options.table),
      uploads_(options.uploads),
      threads_(options.threads),
      list_messages_(options.limits),
      get_messages_(options.limits),
      set_messages_(options.limits),
      delete_version_messages_(options.limits),
      delete_model_messages_(options.limits) {
  using Self = RegistryService;
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
  handlers.Unary("DeleteModel", delete_model_messages_, *this, &Self::DeleteModel);
  handlers.ClientStream<v1::ImportVersionResponse>(
      "ImportVersion", [this, &limits = options.limits](Context& context, CallPermit permit,
                                                        v1::ImportVersionResponse& response) {
        return ImportCall::Launch<ImportCall>(context, std::move(permit), uploads_, limits,
                                              response);
      });
}

grpc::ServerUnaryReactor* RegistryService::DeleteModel(grpc::CallbackServerContext* context,
                                                       const v1::DeleteModelRequest* request,
                                                       v1::DeleteModelResponse* /*response*/) {
  return AnswerOn(threads_.changes, *context,
                  [this, request] { return DeleteIdleModel(request->model()); });
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
  for (const auto& [version, reason] : table_.LeftOut(model)) {
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

absl::Status RegistryService::Delete(const Received& received,
                                     v1::DeleteVersionResponse& response) {
  const auto& request = static_cast<const v1::DeleteVersionRequest&>(received.message());
  ADVAE_RETURN_IF_ERROR(LeaseSummary(request.model(), received));
  ADVAE_RETURN_IF_ERROR(table_.DeleteVersion(request.model(), request.version()));
  return SummariseAfter(request.model(), *response.mutable_summary());
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

absl::Status RegistryService::DeleteIdleModel(const std::string& model) {
  // Held until it is deleted, which may have to wait: a training that began meanwhile would be
  // deleted with it, or make it anew.
  ADVAE_ASSIGN_OR_RETURN(const auto slot, uploads_.runner.ReserveForDeletion(model));
  return table_.DeleteModel(model);
}

}  // namespace advae
