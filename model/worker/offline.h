#ifndef ADVAE_MODEL_WORKER_OFFLINE_H_
#define ADVAE_MODEL_WORKER_OFFLINE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "advae/v1/types.pb.h"
#include "model/data/data_set.h"

namespace advae {

// The rows of a job that comes from the command line.
struct CsvRows {
  std::string path;
  // Column to leave out, whatever its cells. Unset: all columns are features.
  std::optional<std::string> label_column;
  // With true, what looks like a label may be a feature (DataSetOptions::refuse_label_feature).
  bool no_label = false;
  // Further options: keys, ignored columns, how the file is written, bad lines.
  DataSetOptions table;
};

// Does `job`, whose rows are still to be read from `csv`, without a server and prints its progress
// to standard error. The rows are spooled in the repository's staging folder meanwhile. Errors as
// in ConvertCsvToRowFile and RunJob.
absl::StatusOr<v1::VersionInfo> RunOffline(v1::Job job, const CsvRows& csv);

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_OFFLINE_H_
