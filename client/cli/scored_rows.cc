#include "client/cli/scored_rows.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
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
  void Add(const v1::ScoreResponse& response, const SentRows& chunk) {
    const auto count = static_cast<size_t>(response.scores_size());
    const size_t first = rows_.scores.size();
    Append(response.scores(), rows_.scores);
    Append(response.p_values(), rows_.p_values);
    Append(response.anomalies(), rows_.anomalies);
    Append(chunk.labels, rows_.labels);
    rows_.threshold = response.threshold();
    rows_.alpha = response.alpha();
    if (notable_.empty()) return;
    for (size_t i = 0; i < count; ++i) Offer(first + i, chunk, i);
  }

  ScoredRows Take() { return std::move(rows_); }

 private:
  template <typename From, typename To>
  static void Append(const From& from, To& to) {
    to.insert(to.end(), from.begin(), from.end());
  }

  // Offers row i of `chunk`, which is the index-th of all.
  void Offer(size_t index, const SentRows& chunk, size_t i) {
    ScoredRow row{.index = chunk.row_numbers[i],
                  .score = rows_.scores[index],
                  .p_value = rows_.p_values[index],
                  .is_anomaly = rows_.anomalies[index]};
    if (!rows_.labels.empty()) row.label = rows_.labels[index];
    for (NotableRows* const rows : notable_) rows->Offer(row, chunk, i);
  }

  const std::vector<NotableRows*>& notable_;
  ScoredRows rows_;
};

}  // namespace

void NotableRows::Offer(ScoredRow row, const SentRows& rows, size_t i) {
  const std::optional<double> rank = rank_(row);
  if (!rank) return;
  Entry entry{.rank = std::isnan(*rank) ? kInfinity : *rank, .row = std::move(row)};
  if (heap_.size() == capacity_) {
    if (!(entry < heap_.front())) return;
    std::ranges::pop_heap(heap_, std::less<>());
    heap_.pop_back();
  }
  entry.row.sent = rows.Row(i);
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

NotableRows RowSample(size_t capacity) {
  return {capacity, [](const ScoredRow& row) {
            // The finaliser of MurmurHash3: every bit of the number moves every bit of the rank.
            uint64_t bits = row.index + 1;
            bits = (bits ^ (bits >> 33)) * 0xff51afd7ed558ccd;
            bits = (bits ^ (bits >> 33)) * 0xc4ceb9fe1a85ec53;
            return static_cast<double>(bits ^ (bits >> 33));
          }};
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

absl::StatusOr<ScoredRows> ScoreAllRows(Session& session, const v1::ScoreRequest& settings,
                                        DataInput& input,
                                        const std::vector<NotableRows*>& notable) {
  ScoreCollector collector(notable);
  const bool keep_values = !notable.empty();
  ADVAE_RETURN_IF_ERROR(input.Score(
      session.client, settings, keep_values,
      [&](const v1::ScoreResponse& response, const SentRows& rows) {
        collector.Add(response, rows);
        return absl::OkStatus();
      },
      session.streams.err));
  return collector.Take();
}

absl::Status ExplainRows(Client& client, const v1::ScoreRequest& settings,
                         std::vector<ScoredRow>& rows) {
  v1::ScoreRequest request = settings;
  request.set_top_features(kExplainedFeatures);
  for (ScoredRow& row : rows) {
    row.sent.AssignTo(request);
    ADVAE_ASSIGN_OR_RETURN(v1::ScoreResponse response, client.Score(request));
    if (response.explanations_size() != 1) {
      return absl::InternalError(absl::StrCat("the server explained ", response.explanations_size(),
                                              " rows of a request for one"));
    }
    row.explanation.Swap(response.mutable_explanations(0));
  }
  return absl::OkStatus();
}

}  // namespace advae
