#ifndef ADVAE_SERVER_SERVICES_THRESHOLD_QUERY_H_
#define ADVAE_SERVER_SERVICES_THRESHOLD_QUERY_H_

#include <string>

#include "absl/status/status.h"
#include "advae/v1/detector.pb.h"
#include "server/messages/received.h"
#include "server/models/model_table.h"

namespace advae {

// Answers a Threshold RPC: the threshold for the significance asked for, its distribution, and the
// change of the serving threshold, in the name of its caller, when that is asked for. `received` is
// a ThresholdRequest; leases the memory of the answer before anything changes. Thread-safe; blocks
// on the disk only to apply. Errors: kInvalidArgument, kNotFound, as in LeaseAnswer, those of the
// repository.
absl::Status AnswerThreshold(ModelTable& table, const Received& received,
                             v1::ThresholdResponse& response);

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_THRESHOLD_QUERY_H_
