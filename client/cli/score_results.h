#ifndef ADVAE_CLIENT_CLI_SCORE_RESULTS_H_
#define ADVAE_CLIENT_CLI_SCORE_RESULTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/record_writer.h"
#include "client/cli/sent_rows.h"
#include "client/cli/session.h"

namespace advae {

struct ScoreResultsOptions {
  bool with_labels = false;
  std::vector<std::string> key_names = {};
  // Features to name for each row, at most as many as there are.
  size_t explained_features = 0;
  // Whether the responses name the nearest training rows.
  bool with_nearest_rows = false;
  bool anomalies_only = false;
  // Writes the rows with the highest scores alone, at most so many, highest first. Unset: all rows,
  // as they come.
  std::optional<size_t> top = std::nullopt;
};

// Writes the results of `advae score`, a record a row: row, keys, score, p_value, is_anomaly,
// status, label, what is explained and the nearest training rows. In CSV, where a column has one
// fact, the latter is feature_1, contribution_1, value_1, expected_1, feature_2 and so on; a
// missing value is empty, in JSON null. Not thread-safe.
class ScoreResults {
 public:
  ScoreResults(Session& session, ScoreResultsOptions options);
  ~ScoreResults();

  // Writes the results of `rows`, which the response answers, and brings them to the reader of the
  // output. kDataLoss when they cannot be written.
  absl::Status Write(const v1::ScoreResponse& response, const SentRows& rows);

  // Writes what is left, and on the session's messages how many rows there were. Without
  // `is_complete`, as after an error, a list stays recognisably open.
  void Finish(bool is_complete);

 private:
  class Top;

  std::vector<Json> Record(const v1::ScoreResponse& response, const SentRows& rows, int i) const;
  void AppendExplanation(const v1::ScoreResponse& response, const SentRows& rows, int i,
                         std::vector<Json>& cells) const;

  CliStreams& streams_;
  OutputFormat format_;
  ScoreResultsOptions options_;
  std::unique_ptr<RecordWriter> records_;
  std::unique_ptr<Top> top_;  // null unless the highest scores alone are wanted
  uint64_t rows_ = 0;
  uint64_t anomalies_ = 0;
  uint64_t not_finite_ = 0;
  uint64_t incomplete_ = 0;
  std::string verdict_source_;  // what the last response was made with
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_SCORE_RESULTS_H_
