#ifndef ADVAE_CLIENT_CLI_DATA_INPUT_H_
#define ADVAE_CLIENT_CLI_DATA_INPUT_H_

#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/session.h"
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

// Looks up the version that `settings` names, otherwise the one that serves. kNotFound when the
// model does not have it. Errors of the server.
absl::StatusOr<v1::VersionInfo> FindVersion(Client& client, const v1::ScoreRequest& settings);

// The features that a version wants, in their order.
std::vector<std::string> FeatureNames(const v1::VersionInfo& version);

// The rows for a training or import, which fails with kInvalidArgument when there are none. Tells
// on `messages` how the file is read, and at its end which lines were passed over and which
// features have a label's name. Both arguments outlive the source.
RowSource TrainingRows(DataSetReader& reader, std::ostream& messages);

// Tells on `messages` what users should know of how the file is read (DataSetReader::notes).
void ReportNotes(const DataSetReader& reader, std::ostream& messages);

// Tells on `messages` how many lines were passed over, if any.
void ReportBadLines(const DataSetReader& reader, std::ostream& messages);

// Rows in one message of a score stream, at most.
inline constexpr size_t kScoreChunkRows = 1024;

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_DATA_INPUT_H_
