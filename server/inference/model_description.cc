#include "server/inference/model_description.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/calls/answer_size.h"
#include "server/inference/score_request.h"
#include "server/inference/score_response.h"

namespace advae {
namespace {

using Tensor = inference::ModelMetadataResponse::TensorMetadata;

constexpr int64_t kAnySize = -1;
constexpr char kRemedy[] = "delete versions that are not needed";

void Describe(const std::string& name, const char* datatype, std::optional<int64_t> width,
              Tensor& tensor) {
  tensor.set_name(name);
  tensor.set_datatype(datatype);
  tensor.add_shape(kAnySize);
  if (width) tensor.add_shape(*width);
}

const char* DatatypeOf(v1::ColumnKind kind) {
  switch (kind) {
    case v1::COLUMN_KIND_BOOLEAN:
      return "BOOL";
    case v1::COLUMN_KIND_CATEGORY:
      return "BYTES";
    case v1::COLUMN_KIND_TIME:
      return "INT64";
    default:
      return "FP64";
  }
}

void DescribeInputs(const LoadedVersion& version, inference::ModelMetadataResponse& response) {
  if (version.encoder() == nullptr) {
    return Describe("rows", "FP32", version.info().features_size(), *response.add_inputs());
  }
  for (const v1::ColumnSchema& column : version.encoder()->schema().columns()) {
    if (column.role() != v1::COLUMN_ROLE_FEATURE) continue;
    Describe(column.name(), DatatypeOf(column.kind()), std::nullopt, *response.add_inputs());
  }
}

// Of a datatype as DescribeModel writes it.
inference::DataType DataTypeOf(std::string_view datatype) {
  if (datatype == "BOOL") return inference::TYPE_BOOL;
  if (datatype == "BYTES") return inference::TYPE_STRING;
  if (datatype == "INT64") return inference::TYPE_INT64;
  return datatype == "FP32" ? inference::TYPE_FP32 : inference::TYPE_FP64;
}

// `Configured` is a ModelInput or a ModelOutput.
template <typename Configured>
void Configure(const Tensor& tensor, Configured& out) {
  out.set_name(tensor.name());
  out.set_data_type(DataTypeOf(tensor.datatype()));
  *out.mutable_dims() = tensor.shape();
}

// Makes `answer` the response if there is memory for it.
template <typename Response>
absl::Status Give(Response answer, const Received& received, const char* remedy,
                  Response& response) {
  ADVAE_RETURN_IF_ERROR(LeaseAnswer(AnswerSizeOf(answer), received, remedy));
  response = std::move(answer);
  return absl::OkStatus();
}

// `Request` is a ModelMetadataRequest or a ModelConfigRequest.
template <typename Request>
absl::StatusOr<inference::ModelMetadataResponse> MetadataOf(const ModelTable& table,
                                                            const Request& request) {
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                         AtField(VersionOf(request.version()), "version"));
  const absl::StatusOr<FoundVersion> found = table.Find(request.name(), version);
  if (!found.ok()) return AboutName(found.status());
  ADVAE_ASSIGN_OR_RETURN(const ModelState state, table.Get(request.name()));
  const LoadedVersion& loaded = *found->loaded;
  inference::ModelMetadataResponse response;
  response.set_name(loaded.info().model());
  for (const auto& [number, unused] : state.versions) response.add_versions(absl::StrCat(number));
  response.set_platform("advae");
  DescribeInputs(loaded, response);
  const int64_t width = loaded.encoder() != nullptr ? loaded.encoder()->schema().columns_size()
                                                    : loaded.info().features_size();
  for (const ScoreOutputType& type : ScoreOutputTypes()) {
    const bool is_wide = type.output == ScoreOutput::kContributions;
    Describe(type.name, type.datatype, is_wide ? std::optional(width) : std::nullopt,
             *response.add_outputs());
  }
  auto& properties = *response.mutable_properties();
  properties["version"] = absl::StrCat(loaded.info().version());
  properties["serving_version"] = absl::StrCat(state.serving_version);
  properties["alpha"] = absl::StrCat(loaded.threshold().alpha());
  properties["threshold"] = absl::StrCat(loaded.threshold().threshold());
  return response;
}

}  // namespace

inference::ServerMetadataResponse DescribeServer(const char* extension) {
  inference::ServerMetadataResponse metadata;
  metadata.set_name("advae");
  metadata.set_version(ADVAE_VERSION);
  for (const char* const name : {extension, "model_configuration", "statistics"}) {
    metadata.add_extensions(name);
  }
  return metadata;
}

absl::Status DescribeModel(const ModelTable& table, const Received& received,
                           inference::ModelMetadataResponse& response) {
  const auto& request = static_cast<const inference::ModelMetadataRequest&>(received.message());
  ADVAE_ASSIGN_OR_RETURN(inference::ModelMetadataResponse metadata, MetadataOf(table, request));
  return Give(std::move(metadata), received, kRemedy, response);
}

absl::Status DescribeConfig(const ModelTable& table, const Received& received,
                            inference::ModelConfigResponse& response) {
  const auto& request = static_cast<const inference::ModelConfigRequest&>(received.message());
  ADVAE_ASSIGN_OR_RETURN(const inference::ModelMetadataResponse metadata,
                         MetadataOf(table, request));
  inference::ModelConfigResponse answer;
  inference::ModelConfig& config = *answer.mutable_config();
  config.set_name(metadata.name());
  config.set_platform(metadata.platform());
  config.set_backend(metadata.platform());
  config.mutable_version_policy()->mutable_all();
  for (const Tensor& tensor : metadata.inputs()) Configure(tensor, *config.add_input());
  for (const Tensor& tensor : metadata.outputs()) Configure(tensor, *config.add_output());
  return Give(std::move(answer), received, "raise it", response);
}

absl::Status AboutName(absl::Status status) {
  return FieldOf(status).empty() ? status : WithField(std::move(status), "name");
}

absl::Status IndexRepository(const ModelTable& table, const Received& received,
                             inference::RepositoryIndexResponse& response) {
  const auto& request = static_cast<const inference::RepositoryIndexRequest&>(received.message());
  inference::RepositoryIndexResponse answer;
  for (const std::shared_ptr<const ModelState>& model : table.List()) {
    if (!received.permit().caller().MaySee(model->name)) continue;
    for (const auto& [version, unused] : model->versions) {
      auto& index = *answer.add_models();
      index.set_name(model->name);
      index.set_version(absl::StrCat(version));
      index.set_state("READY");
    }
    if (request.ready()) continue;
    for (const auto& [version, reason] : AbsentVersions(*model, table.LeftOut(model->name))) {
      auto& index = *answer.add_models();
      index.set_name(model->name);
      index.set_version(absl::StrCat(version));
      index.set_state("UNAVAILABLE");
      index.set_reason(reason);
    }
  }
  return Give(std::move(answer), received, "ask for the models one by one", response);
}

}  // namespace advae
