#ifndef ADVAE_SERVER_INFERENCE_MODEL_DESCRIPTION_H_
#define ADVAE_SERVER_INFERENCE_MODEL_DESCRIPTION_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "inference/inference.pb.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"

namespace advae {

// The server, with the extensions of the protocol that it has over gRPC and HTTP, and `extension`,
// which it has over one of them.
inference::ServerMetadataResponse DescribeServer(const char* extension);

// Each of these leases the memory of its answer.

// The tensors of a version, by default of the one that serves. `received` is a
// ModelMetadataRequest. Errors as in ModelTable::Find and LeaseAnswer.
absl::Status DescribeModel(const ModelTable& table, const Received& received,
                           inference::ModelMetadataResponse& response);

// The same as a configuration of Triton's. `received` is a ModelConfigRequest.
absl::Status DescribeConfig(const ModelTable& table, const Received& received,
                            inference::ModelConfigResponse& response);

// An error of ModelTable::Find, about the field `name` instead of the model.
absl::Status AboutName(absl::Status status);

// All versions that are loaded, and of those that are left out why, as far as the caller may see
// their models. `received` is a RepositoryIndexRequest. Errors as in LeaseAnswer.
absl::Status IndexRepository(const ModelTable& table, const Received& received,
                             inference::RepositoryIndexResponse& response);

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_MODEL_DESCRIPTION_H_
