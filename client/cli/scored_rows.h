#ifndef ADVAE_CLIENT_CLI_SCORED_ROWS_H_
#define ADVAE_CLIENT_CLI_SCORED_ROWS_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/data_input.h"
#include "client/cli/sent_rows.h"
#include "client/client.h"

namespace advae {

// A row that a report shows.
struct ScoredRow {
  size_t index = 0;  // from 0, in the order of the file (DataSet::row_numbers)
  double score = 0;
  double p_value = 0;
  bool is_anomaly = false;                   // the verdict
  std::optional<bool> label = std::nullopt;  // true for an anomaly; unset in files without labels
  SentRows sent = {};                        // the row alone, with its values and keys
  v1::Explanation explanation = {};          // empty until ExplainRows
};

// Keeps the rows with the highest ranks of all that it sees. Not thread-safe.
class NotableRows {
 public:
  // The rank of a row, which does not yet have `sent`; unset for a row that is not wanted.
  // NaN, as the score of a row with a NaN is, ranks above all numbers.
  using Rank = std::function<std::optional<double>(const ScoredRow& row)>;

  NotableRows(size_t capacity, Rank rank) : capacity_(capacity), rank_(std::move(rank)) {}

  // `row` is row `i` of `rows`.
  void Offer(ScoredRow row, const SentRows& rows, size_t i);
  // The rows by rank, highest first, those with equal ranks in the order of the file.
  std::vector<ScoredRow> Sorted() const;

 private:
  struct Entry {
    double rank;
    ScoredRow row;
    bool operator<(const Entry& other) const {  // the better entry is the smaller one
      return rank != other.rank ? rank > other.rank : row.index < other.row.index;
    }
  };

  size_t capacity_;
  Rank rank_;
  std::vector<Entry> heap_;  // its worst entry is first
};

// Keeps rows as if drawn at random, the same ones of the same file.
NotableRows RowSample(size_t capacity);

// All rows of a file, as scored and as labelled. Element i of each list belongs to the i-th of
// them.
struct ScoredRows {
  std::vector<bool> labels;  // empty when the file has none
  std::vector<double> scores;
  std::vector<double> p_values;
  std::vector<bool> anomalies;
  double threshold = 0;
  double alpha = 0;
};

// Gives the rows without a score, those with a NaN, the score infinity and the p-value 0: they are
// anomalies, and rank above all others. Returns how many rows have a value that is not finite.
size_t RankNotFinite(ScoredRows& rows);

// Scores all rows of `input`; `settings` is the request without its rows. Each row is offered to
// all of `notable`. Takes some 20 bytes of memory for each row, whatever its width. Errors of
// DataInput::Score.
absl::StatusOr<ScoredRows> ScoreAllRows(Session& session, const v1::ScoreRequest& settings,
                                        DataInput& input,
                                        const std::vector<NotableRows*>& notable = {});

// Asks for the features with the largest shares of the rows' scores, three a row. Errors of
// Client::Score.
absl::Status ExplainRows(Client& client, const v1::ScoreRequest& settings,
                         std::vector<ScoredRow>& rows);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_SCORED_ROWS_H_
