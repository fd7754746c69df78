#ifndef ADVAE_SERVER_SERVICES_THRESHOLD_QUERY_H_
#define ADVAE_SERVER_SERVICES_THRESHOLD_QUERY_H_

#include <string>

#include "absl/status/status.h"
#include "advae/v1/detector.pb.h"
#include "server/models/model_table.h"

namespace advae {

// Answers a Threshold RPC: the threshold for the significance asked for, its distribution, and the
// change of the serving threshold when that is asked for, which names `caller`. Thread-safe; blocks
// on the disk only to apply. Errors: kInvalidArgument, kNotFound, those of the repository.
absl::Status AnswerThreshold(ModelTable& table, const v1::ThresholdRequest& request,
                             const std::string& caller, v1::ThresholdResponse& response);

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_THRESHOLD_QUERY_H_
