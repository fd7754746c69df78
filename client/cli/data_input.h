#ifndef ADVAE_CLIENT_CLI_DATA_INPUT_H_
#define ADVAE_CLIENT_CLI_DATA_INPUT_H_

#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/sent_rows.h"
#include "client/cli/session.h"
#include "model/data/data_set.h"
#include "model/table/text/table_reader.h"

namespace advae {

// A CSV file, pipe or standard input, with the reader of its rows. Each way to open one takes a
// file, or "-" for standard input, and returns errors as in OpenCancellableFile and of the reader.
class DataInput {
 public:
  // Rows of numbers, for an import.
  static absl::StatusOr<DataInput> OpenNumbers(const std::string& path, CliStreams& streams,
                                               DataSetOptions options);
  // Rows of a table to train on (TableReader::ForTraining).
  static absl::StatusOr<DataInput> OpenForTraining(const std::string& path, CliStreams& streams,
                                                   DataSetOptions options,
                                                   std::vector<v1::ColumnSetting> settings);
  // Rows to score with `version`: of a table when it has a schema, otherwise of numbers, those that
  // are missing or not finite included. Tells on the streams' messages how the file is read.
  static absl::StatusOr<DataInput> OpenForScoring(const std::string& path, CliStreams& streams,
                                                  DataSetOptions options,
                                                  const v1::VersionInfo& version);

  const std::vector<std::string>& key_names() const;
  bool has_labels() const;
  // Of a table to train on: TableReader::settings and decimal_mark.
  const std::vector<v1::ColumnSetting>& settings() const;
  v1::DecimalMark decimal_mark() const;

  // Ends the wait for rows, for the call that they go to.
  CallEnded call_ended() const;

  // The rows for an import (OpenNumbers) or training (OpenForTraining), which fails with
  // kInvalidArgument when there are none. Both tell on `messages` how the file is read, and at its
  // end which lines were passed over and which features have a label's name. Input and messages
  // outlive the source.
  RowSource ImportRows(std::ostream& messages);
  TableSource TrainingRows(std::ostream& messages);

  // Scores all rows (OpenForScoring), in bounded memory; `settings` is the request without them.
  // Each response goes to `sink` with the rows that it answers, which have values when
  // `keep_values` is true. Tells on `messages` which lines were passed over. Errors of
  // Client::ScoreStream, the reader and `sink`.
  absl::Status Score(Client& client, const v1::ScoreRequest& settings, bool keep_values,
                     const std::function<absl::Status(const v1::ScoreResponse& response,
                                                      const SentRows& rows)>& sink,
                     std::ostream& messages);

 private:
  using Reader = std::variant<DataSetReader, TableReader>;

  // Makes a reader of the input.
  using MakeReader =
      std::function<absl::StatusOr<Reader>(std::istream& input, DataSetOptions options)>;
  static absl::StatusOr<DataInput> Open(const std::string& path, CliStreams& streams,
                                        DataSetOptions options, const MakeReader& make_reader);

  DataInput(std::unique_ptr<std::istream> file, Reader reader,
            std::shared_ptr<const InputStop> stop)
      : file_(std::move(file)), reader_(std::move(reader)), stop_(std::move(stop)) {}

  std::unique_ptr<std::istream> file_;  // null for standard input
  Reader reader_;
  std::shared_ptr<const InputStop> stop_;
};

// Looks up the version that `settings` names, otherwise the one that serves. kNotFound when the
// model does not have it. Errors of the server.
absl::StatusOr<v1::VersionInfo> FindVersion(Client& client, const v1::ScoreRequest& settings);

// How many features, or with a schema columns, a row's score depends on.
size_t ExplainableFeatures(const v1::VersionInfo& version);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_DATA_INPUT_H_
