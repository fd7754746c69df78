#ifndef ADVAE_MODEL_SPEC_JOB_MEMORY_H_
#define ADVAE_MODEL_SPEC_JOB_MEMORY_H_

#include <cstdint>

#include "advae/v1/detector.pb.h"
#include "advae/v1/types.pb.h"
#include "model/scoring/version_memory.h"

namespace advae {

// What the memory of a training depends on, with every default filled in.
struct TrainingShape {
  uint64_t rows = 2;
  VersionShape version;  // training_rows is `rows`
  uint64_t batch_size = 1;
  bool has_transformer = true;  // as all objectives but VAE and AE have
  bool tries_whitening = false;
  bool leaves_out_rows = false;  // for fear of contamination
  uint64_t threads = 1;          // that train members and score the training rows

  // Of rows of `features` columns. `spec` is valid (CheckTrainSpec). A training whose metric is
  // chosen by the trainer counts as whitened.
  static TrainingShape Of(const v1::TrainSpec& spec, uint64_t rows, uint32_t features,
                          uint64_t threads);
};

// Estimates from above the bytes that a training takes at its peak, beyond those of a process that
// has not begun: the networks with gradients and moments, the batch, the rows; later the networks
// of all members, as they are combined and written. At most twice what is taken, once that is some
// megabytes.
uint64_t EstimateTrainingMemory(const TrainingShape& shape);

// What the memory of an import depends on.
struct ImportShape {
  uint64_t file_bytes = 0;  // of both weight files, whose sizes only those know who parse them
  uint64_t rows = 0;
  uint64_t features = 0;
  uint64_t memory_rows = 0;
  uint64_t threads = 1;
};

// The same for an import.
uint64_t EstimateImportMemory(const ImportShape& shape);

}  // namespace advae

#endif  // ADVAE_MODEL_SPEC_JOB_MEMORY_H_
