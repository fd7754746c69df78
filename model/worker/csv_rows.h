#ifndef ADVAE_MODEL_WORKER_CSV_ROWS_H_
#define ADVAE_MODEL_WORKER_CSV_ROWS_H_

#include <filesystem>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "model/data/data_set.h"

namespace advae {

// Writes the rows of a CSV file to a row file at `row_path`, chunk by chunk, so that a file of any
// size needs little memory. The labels, when the options name a column, are left out. Tells on
// `messages` how the file is read, if not as an ordinary CSV file, and which lines were passed
// over. Errors as in OpenInputFile, DataSetReader and RowFileWriter.
absl::StatusOr<v1::RowFile> ConvertCsvToRowFile(const std::string& csv_path, DataSetOptions options,
                                                const std::filesystem::path& row_path,
                                                std::ostream& messages);

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_CSV_ROWS_H_
