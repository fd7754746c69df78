#ifndef ADVAE_MODEL_WORKER_CSV_TABLE_H_
#define ADVAE_MODEL_WORKER_CSV_TABLE_H_

#include <filesystem>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/job.pb.h"
#include "model/data/data_set.h"

namespace advae {

// Writes the rows of a CSV file, which may have columns of all kinds, to a table file at
// `table_path`, chunk by chunk, as `advae train` sends them. The columns of `spec` are settings for
// the file's; those for its keys and label are added to them. Tells on `messages` how the file is
// read, if not as an ordinary CSV file, and which lines were passed over. Errors as in
// OpenInputFile, TableReader::ForTraining and TableFileWriter; kInvalidArgument without a row.
absl::StatusOr<v1::TableFile> ConvertCsvToTableFile(const std::string& csv_path,
                                                    DataSetOptions options,
                                                    const std::filesystem::path& table_path,
                                                    v1::TrainSpec& spec, std::ostream& messages);

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_CSV_TABLE_H_
