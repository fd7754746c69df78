#include "model/scoring/threshold_history.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "model/distribution/score_distribution.h"

namespace advae {

absl::Status ValidateThresholds(
    const google::protobuf::RepeatedPtrField<v1::ThresholdRecord>& records) {
  if (records.empty()) return absl::InvalidArgumentError("there is no threshold");
  for (int i = 0; i < records.size(); ++i) {
    const v1::ThresholdRecord& record = records[i];
    absl::Status status = ValidateAlpha(record.alpha());
    if (status.ok() && !std::isfinite(record.threshold())) {
      status = absl::InvalidArgumentError(
          absl::StrCat("the threshold is ", record.threshold(), ", expected a finite number"));
    }
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("threshold ", i, " (from 0) of the history: ", status.message()));
    }
  }
  return absl::OkStatus();
}

}  // namespace advae
