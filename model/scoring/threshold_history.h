#ifndef ADVAE_MODEL_SCORING_THRESHOLD_HISTORY_H_
#define ADVAE_MODEL_SCORING_THRESHOLD_HISTORY_H_

#include <google/protobuf/repeated_field.h>

#include "absl/status/status.h"
#include "advae/v1/types.pb.h"

namespace advae {

// kInvalidArgument unless there are records, each with an alpha in (0, 1) and a finite threshold:
// to any other one every row, or none, would be an anomaly.
absl::Status ValidateThresholds(
    const google::protobuf::RepeatedPtrField<v1::ThresholdRecord>& records);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_THRESHOLD_HISTORY_H_
