#ifndef ADVAE_EXPERIMENTS_DATA_FOLDER_H_
#define ADVAE_EXPERIMENTS_DATA_FOLDER_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/data/matrix.h"

namespace advae {

// One data set of a folder: NAME.train.csv and NAME.test.csv.
struct DataSetFiles {
  std::string name;
  std::filesystem::path train;
  std::filesystem::path test;
};

// The rows of a data set.
struct ExperimentData {
  Matrix train;
  Matrix test;               // the columns of `train`, in their order
  std::vector<bool> labels;  // of the test rows; true for an anomaly
  // Share of the training rows that are anomalies on purpose, as Contaminate adds them.
  double contamination = 0;
};

// The data sets of `folder`, or those of them that `names` lists, ordered by name. A train file
// without its test file is no data set.
//
// kNotFound when the folder is not there, has no data set, or lacks one of `names`; the message
// says what there is, or how to lay out data of one's own.
absl::StatusOr<std::vector<DataSetFiles>> FindDataSets(const std::filesystem::path& folder,
                                                       const std::vector<std::string>& names);

// Reads both files. A column `label` of the train file is passed over, so that no label can reach a
// training; the test file must have one. Columns of the test file are found by name.
//
// kInvalidArgument, with file and line, when a file is no such CSV; when there are fewer than two
// training rows, or not at least one anomaly and one normal row in the test file.
absl::StatusOr<ExperimentData> LoadDataSet(const DataSetFiles& files);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_DATA_FOLDER_H_
