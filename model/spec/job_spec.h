#ifndef ADVAE_MODEL_SPEC_JOB_SPEC_H_
#define ADVAE_MODEL_SPEC_JOB_SPEC_H_

#include <cstdint>

#include "absl/status/status.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "model/scoring/version_memory.h"
#include "model/spec/job_memory.h"

namespace advae {

// All that can be known of a job before its rows are there, by the one who asks for it and by the
// one who does it. kInvalidArgument for an invalid model name, alpha, latent plan, trimmed share,
// hyper-parameter or column setting; the message names it, its value and the range.
absl::Status CheckTrainSpec(const v1::TrainSpec& spec);
absl::Status CheckImportSpec(const v1::ImportSpec& spec);

// What a job may take of memory. Unlimited unless set.
struct JobMemoryLimits {
  uint64_t process_bytes = UINT64_MAX;   // of the process that trains, see EstimateTrainingMemory
  uint64_t process_threads = 1;          // that train and score the training rows
  uint64_t versions_bytes = UINT64_MAX;  // of the server that takes the version up
  MemoryUse serving = {};                // what versions take there that serve already
  uint64_t scoring_threads = 1;          // there
};

// Whether a training on `rows` rows of `features` columns keeps within `limits`. Fewer rows and
// features never take more, so that both can be checked before all are there. kResourceExhausted
// when it does not; the message has estimate, limit, and the number that is best lowered.
absl::Status CheckTrainingMemory(const v1::TrainSpec& spec, uint64_t rows, uint32_t features,
                                 const JobMemoryLimits& limits);
// The same of an import. What its version takes is known when its files are parsed.
absl::Status CheckImportMemory(const ImportShape& shape, const JobMemoryLimits& limits);

}  // namespace advae

#endif  // ADVAE_MODEL_SPEC_JOB_SPEC_H_
