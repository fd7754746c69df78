#ifndef ADVAE_CLIENT_CLI_DATA_INPUT_H_
#define ADVAE_CLIENT_CLI_DATA_INPUT_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command.h"
#include "model/data/data_set.h"

namespace advae {

// A CSV file, or standard input, with the reader of its rows.
class DataInput {
 public:
  // `path` is a file, or "-" for standard input. Errors as in OpenInputFile and
  // DataSetReader::Create.
  static absl::StatusOr<DataInput> Open(const std::string& path, CliStreams& streams,
                                        DataSetOptions options);

  DataSetReader& reader() { return reader_; }

 private:
  DataInput(std::unique_ptr<std::istream> file, DataSetReader reader)
      : file_(std::move(file)), reader_(std::move(reader)) {}

  std::unique_ptr<std::istream> file_;  // null for standard input
  DataSetReader reader_;
};

// Looks up a version, the serving one unless it is given. kNotFound when the model does not have
// it. Errors of the server.
absl::StatusOr<v1::VersionInfo> FindVersion(Client& client, const std::string& model,
                                            std::optional<uint64_t> version);

// The features that a version wants, in their order.
std::vector<std::string> FeatureNames(const v1::VersionInfo& version);

// How the rows of a training or import are read: all columns but `label_column` are features, none
// of which may look like a label unless `no_label` is true.
DataSetOptions TrainingOptions(const std::optional<std::string>& label_column, bool no_label);

// The rows for a training or import, which fails with kInvalidArgument when there are none. Warns
// on `messages` of features with a label's name. Both arguments outlive the source.
RowSource TrainingRows(DataSetReader& reader, std::ostream& messages);

// Adds --label-column and --no-label.
void AddLabelFlags(CLI::App& command, std::optional<std::string>& label_column, bool& no_label);

// Rows in one message of a score stream.
inline constexpr size_t kScoreChunkRows = 1024;

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_DATA_INPUT_H_
