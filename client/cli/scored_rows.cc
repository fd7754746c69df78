#include "client/cli/scored_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "client/cli/chunk_queue.h"
#include "client/cli/data_input.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr uint32_t kExplainedFeatures = 3;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Adds each response to the lists, and offers its rows.
class ScoreCollector {
 public:
  explicit ScoreCollector(const std::vector<NotableRows*>& notable) : notable_(notable) {}

  // `chunk` is what the response answers.
  absl::Status Add(const v1::ScoreResponse& response, const DataSet& chunk) {
    const auto count = static_cast<size_t>(response.scores_size());
    if (chunk.row_numbers.size() != count) {
      return absl::InternalError(
          absl::StrCat("the server scored ", count, " rows, not those that it was sent"));
    }
    const size_t first = rows_.scores.size();
    Append(response.scores(), rows_.scores);
    Append(response.p_values(), rows_.p_values);
    Append(response.anomalies(), rows_.anomalies);
    Append(chunk.labels, rows_.labels);
    rows_.threshold = response.threshold();
    rows_.alpha = response.alpha();
    if (notable_.empty()) return absl::OkStatus();
    for (size_t i = 0; i < count; ++i) Offer(first + i, chunk, i);
    return absl::OkStatus();
  }

  ScoredRows Take() { return std::move(rows_); }

 private:
  template <typename From, typename To>
  static void Append(const From& from, To& to) {
    to.insert(to.end(), from.begin(), from.end());
  }

  // Offers row i of `chunk`, which is the index-th of all.
  void Offer(size_t index, const DataSet& chunk, size_t i) {
    ScoredRow row{.index = chunk.row_numbers[i],
                  .score = rows_.scores[index],
                  .p_value = rows_.p_values[index],
                  .is_anomaly = rows_.anomalies[index]};
    if (!rows_.labels.empty()) row.label = rows_.labels[index];
    const size_t width = chunk.keys.size() / chunk.row_numbers.size();
    const std::span<const std::string> keys = std::span(chunk.keys).subspan(i * width, width);
    for (NotableRows* const rows : notable_) rows->Offer(row, chunk.rows.row(i), keys);
  }

  const std::vector<NotableRows*>& notable_;
  ScoredRows rows_;
};

}  // namespace

void NotableRows::Offer(ScoredRow row, std::span<const float> values,
                        std::span<const std::string> keys) {
  const std::optional<double> rank = rank_(row);
  if (!rank) return;
  Entry entry{.rank = std::isnan(*rank) ? kInfinity : *rank, .row = std::move(row)};
  if (heap_.size() == capacity_) {
    if (!(entry < heap_.front())) return;
    std::ranges::pop_heap(heap_, std::less<>());
    heap_.pop_back();
  }
  entry.row.values.assign(values.begin(), values.end());
  entry.row.keys.assign(keys.begin(), keys.end());
  heap_.push_back(std::move(entry));
  std::ranges::push_heap(heap_, std::less<>());
}

std::vector<ScoredRow> NotableRows::Sorted() const {
  std::vector<Entry> entries = heap_;
  std::ranges::sort_heap(entries, std::less<>());
  std::vector<ScoredRow> rows;
  rows.reserve(entries.size());
  for (Entry& entry : entries) rows.push_back(std::move(entry.row));
  return rows;
}

size_t RankNotFinite(ScoredRows& rows) {
  size_t count = 0;
  for (size_t i = 0; i < rows.scores.size(); ++i) {
    if (std::isfinite(rows.scores[i])) continue;
    rows.scores[i] = kInfinity;
    rows.p_values[i] = 0;
    ++count;
  }
  return count;
}

absl::StatusOr<ScoredRows> ScoreAllRows(Client& client, const v1::ScoreRequest& settings,
                                        DataSetReader& reader,
                                        const std::vector<NotableRows*>& notable) {
  ChunkQueue<DataSet> sent;
  ScoreCollector collector(notable);
  ADVAE_RETURN_IF_ERROR(client.ScoreStream(
      settings,
      RowsOf(reader, kScoreChunkRows,
             [&](DataSet chunk) {
               // Values are for notable rows alone.
               if (notable.empty()) chunk.rows = Matrix();
               sent.Push(std::move(chunk));
             }),
      [&](const v1::ScoreResponse& response) { return collector.Add(response, sent.Pop()); }));
  return collector.Take();
}

absl::Status ExplainRows(Client& client, const v1::ScoreRequest& settings,
                         std::vector<ScoredRow>& rows) {
  if (rows.empty()) return absl::OkStatus();
  v1::ScoreRequest request = settings;
  request.set_top_features(kExplainedFeatures);
  request.mutable_rows()->set_columns(static_cast<uint32_t>(rows.front().values.size()));
  for (const ScoredRow& row : rows) {
    request.mutable_rows()->mutable_values()->Add(row.values.begin(), row.values.end());
  }
  ADVAE_ASSIGN_OR_RETURN(v1::ScoreResponse response, client.Score(request));
  if (static_cast<size_t>(response.explanations_size()) != rows.size()) {
    return absl::InternalError(absl::StrCat("the server explained ", response.explanations_size(),
                                            " of ", rows.size(), " rows"));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i].explanation.Swap(response.mutable_explanations(static_cast<int>(i)));
  }
  return absl::OkStatus();
}

}  // namespace advae
