#ifndef ADVAE_MODEL_TRAINING_ROW_FILE_H_
#define ADVAE_MODEL_TRAINING_ROW_FILE_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "model/data/data_set.h"
#include "model/data/matrix.h"

namespace advae {

// Reads the training rows of a job. kInvalidArgument when there are no columns or fewer than two
// rows; kUnavailable when the file cannot be read; kDataLoss when its size is not that of the rows.
absl::StatusOr<Matrix> ReadRowFile(const v1::RowFile& file);

// Writes the rows of a CSV file to a row file at `row_path`, chunk by chunk, so that a file of any
// size needs little memory. The labels, when the options name a column, are left out. Errors as in
// DataSetReader; kUnavailable when the row file cannot be written, kResourceExhausted when the
// disk is full.
absl::StatusOr<v1::RowFile> ConvertCsvToRowFile(const std::string& csv_path, DataSetOptions options,
                                                const std::filesystem::path& row_path);

}  // namespace advae

#endif  // ADVAE_MODEL_TRAINING_ROW_FILE_H_
