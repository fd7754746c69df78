#ifndef ADVAE_SERVER_INFERENCE_MODEL_STATISTICS_H_
#define ADVAE_SERVER_INFERENCE_MODEL_STATISTICS_H_

#include "absl/status/status.h"
#include "inference/inference.pb.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"

namespace advae {

// What was scored with the versions that `received`, a ModelStatisticsRequest, names, as far as the
// caller may see their models. Errors as in ModelTable::Find; also kInvalidArgument for a version
// without a model, and as in LeaseAnswer.
absl::Status DescribeStatistics(const ModelTable& table, const Received& received,
                                inference::ModelStatisticsResponse& response);

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_MODEL_STATISTICS_H_
