#ifndef ADVAE_MODEL_WORKER_ENCODED_TABLE_H_
#define ADVAE_MODEL_WORKER_ENCODED_TABLE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/job.pb.h"
#include "model/data/matrix.h"
#include "model/spec/job_spec.h"
#include "model/table/encoding/table_encoder.h"

namespace advae {

// A training table as features, with what turns other tables into the same ones.
struct EncodedTable {
  std::shared_ptr<const TableEncoder> encoder;
  Matrix rows;  // [m, d], marks included; NaN where a value is missing
};

// Learns the schema of a table file, as `spec` has it, and encodes the table. Reads the file twice,
// and holds one chunk of it at a time beside the features. Errors of TableFileReader, TableView,
// TableSurvey and, before memory is taken for the features, CheckTrainingMemory.
absl::StatusOr<EncodedTable> EncodeTableFile(const v1::TableFile& file, const v1::TrainSpec& spec,
                                             const JobMemoryLimits& limits);

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_ENCODED_TABLE_H_
