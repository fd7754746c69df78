#ifndef ADVAE_MODEL_SPEC_HYPERPARAMETERS_H_
#define ADVAE_MODEL_SPEC_HYPERPARAMETERS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"

namespace advae {

// ERROR_METRIC_AUTOMATIC tries whitenings of up to so many features.
inline constexpr uint32_t kMaxWhitenedFeatures = 512;

// What the defaults of the hyper-parameters depend on.
struct TrainingDataSummary {
  uint64_t rows = 0;          // m, at least 1
  uint32_t features = 0;      // d, at least 1
  double total_variance = 0;  // sum of the variances (over m) of the scaled features

  // `scaled_rows` is not empty.
  static TrainingDataSummary Of(MatrixView scaled_rows);
};

// Checks the fields that are set against the ranges that types.proto documents. kInvalidArgument
// names the first field that is out of range, its value and the range.
absl::Status ValidateHyperparameters(const v1::Hyperparameters& parameters);

// Fills the unset fields with their documented defaults, and lowers a batch size beyond m to m.
// Afterwards every field is set, but `contamination` only when it is above 0. Errors as in
// ValidateHyperparameters.
absl::StatusOr<v1::Hyperparameters> ResolveHyperparameters(v1::Hyperparameters parameters,
                                                           const TrainingDataSummary& data);

// kInvalidArgument for a number of rows to remember that is out of range.
absl::Status ValidateMemoryRows(uint32_t rows);

// As ResolveHyperparameters for the field memory_rows alone, on which the scaling of the rows
// depends.
uint32_t ResolveMemoryRows(const v1::Hyperparameters& parameters, uint64_t rows);

// The plan with the number of samples that is the default beside a memory of `memory_rows` rows;
// DrawLatentPlan knows the others.
v1::LatentPlanSpec WithDefaultSamples(v1::LatentPlanSpec plan, uint32_t memory_rows);

}  // namespace advae

#endif  // ADVAE_MODEL_SPEC_HYPERPARAMETERS_H_
