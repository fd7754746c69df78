#include "client/cli/score_results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace advae {
namespace {

// The name that a key has among the fields of a record.
std::string KeyField(const std::string& name, const std::vector<std::string>& fields) {
  std::string field = name;
  while (field.empty() || std::ranges::count(fields, field) > 0)
    field = absl::StrCat("key_", field);
  return field;
}

std::vector<std::string> Columns(OutputFormat format, const ScoreResultsOptions& options) {
  std::vector<std::string> columns = {"row", "score", "p_value", "is_anomaly", "status"};
  if (options.with_labels) columns.emplace_back("label");
  if (options.explained_features > 0 && format != OutputFormat::kCsv) {
    columns.emplace_back("contributions");
  } else {
    for (size_t k = 1; k <= options.explained_features; ++k) {
      for (const char* const fact : {"feature_", "contribution_", "value_", "expected_"}) {
        columns.push_back(absl::StrCat(fact, k));
      }
    }
  }
  if (options.with_nearest_rows) columns.emplace_back("nearest_rows");
  std::vector<std::string> keys;
  for (const std::string& name : options.key_names) {
    std::vector<std::string> taken = columns;
    taken.insert(taken.end(), keys.begin(), keys.end());
    keys.push_back(KeyField(name, taken));
  }
  columns.insert(columns.begin() + 1, keys.begin(), keys.end());
  return columns;
}

// The training rows nearest to one row: a list of objects in JSON, otherwise one line of text.
Json NearestRowsCell(const v1::NearestRows& nearest, OutputFormat format) {
  Json list = Json::array();
  std::vector<std::string> words;
  for (int i = 0; i < nearest.rows_size(); ++i) {
    list.push_back({{"row", nearest.rows(i)}, {"distance", nearest.distances(i)}});
    words.push_back(absl::StrFormat("%d (%.4g)", nearest.rows(i), nearest.distances(i)));
  }
  return IsJson(format) ? list : Json(absl::StrJoin(words, "; "));
}

}  // namespace

// Keeps the records with the highest scores.
class ScoreResults::Top {
 public:
  explicit Top(size_t capacity) : capacity_(capacity) {}

  // NaN, as the score of a row with a missing cell is, ranks above all numbers.
  void Offer(double score, std::vector<Json> cells) {
    const double rank = std::isnan(score) ? std::numeric_limits<double>::infinity() : score;
    if (capacity_ == 0 || (heap_.size() == capacity_ && rank <= heap_.front().rank)) return;
    if (heap_.size() == capacity_) {
      std::ranges::pop_heap(heap_, IsBetter);
      heap_.pop_back();
    }
    heap_.push_back({.rank = rank, .order = next_order_++, .cells = std::move(cells)});
    std::ranges::push_heap(heap_, IsBetter);
  }

  // Writes the records, highest score first, those with equal scores in the order of the file.
  void Write(RecordWriter& records) {
    std::ranges::sort_heap(heap_, IsBetter);
    for (const Entry& entry : std::exchange(heap_, {})) records.Write(entry.cells);
  }

 private:
  struct Entry {
    double rank;
    uint64_t order;
    std::vector<Json> cells;
  };

  static bool IsBetter(const Entry& a, const Entry& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.order < b.order;
  }

  size_t capacity_;
  uint64_t next_order_ = 0;
  std::vector<Entry> heap_;  // its worst entry is first
};

ScoreResults::ScoreResults(Session& session, ScoreResultsOptions options)
    : streams_(session.streams), format_(session.format), options_(std::move(options)) {
  records_ = RecordWriter::Create(format_, Columns(format_, options_), streams_.out);
  if (options_.top) top_ = std::make_unique<Top>(*options_.top);
}

ScoreResults::~ScoreResults() = default;

absl::Status ScoreResults::Write(const v1::ScoreResponse& response, const SentRows& rows) {
  for (int i = 0; i < response.scores_size(); ++i) {
    ++rows_;
    anomalies_ += response.anomalies(i) ? 1 : 0;
    not_finite_ += response.statuses(i) == v1::ROW_STATUS_NOT_FINITE ? 1 : 0;
    incomplete_ += response.statuses(i) == v1::ROW_STATUS_INCOMPLETE ? 1 : 0;
    if (options_.anomalies_only && !response.anomalies(i)) continue;
    if (top_ != nullptr) {
      top_->Offer(response.scores(i), Record(response, rows, i));
    } else {
      records_->Write(Record(response, rows, i));
    }
  }
  verdict_source_ =
      absl::StrFormat(" (%s version %d, alpha %.6g, threshold %.6g)", response.model(),
                      response.version(), response.alpha(), response.threshold());
  if (top_ == nullptr) records_->Flush();
  if (!streams_.out.flush()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

std::vector<Json> ScoreResults::Record(const v1::ScoreResponse& response, const SentRows& rows,
                                       int i) const {
  const auto row = static_cast<size_t>(i);
  const std::string status(
      absl::StripPrefix(v1::RowStatus_Name(response.statuses(i)), "ROW_STATUS_"));
  std::vector<Json> cells = {rows.row_numbers[row]};
  const size_t keys = options_.key_names.size();
  for (size_t k = 0; k < keys; ++k) cells.emplace_back(rows.keys[row * keys + k]);
  cells.insert(cells.end(),
               {response.scores(i), response.p_values(i), response.anomalies(i), status});
  if (options_.with_labels) cells.emplace_back(rows.labels[row]);
  if (options_.explained_features > 0) AppendExplanation(response, rows, i, cells);
  if (options_.with_nearest_rows) {
    cells.push_back(NearestRowsCell(response.nearest_rows(i), format_));
  }
  return cells;
}

void ScoreResults::AppendExplanation(const v1::ScoreResponse& response, const SentRows& rows, int i,
                                     std::vector<Json>& cells) const {
  Json list = Json::array();
  std::vector<std::string> texts;
  size_t facts = 0;
  for (const v1::FeatureContribution& part : response.explanations(i).contributions()) {
    const Json value = rows.ValueOf(static_cast<size_t>(i), part);
    const Json expected = ExpectedValue(part);
    if (format_ == OutputFormat::kCsv) {
      cells.insert(cells.end(), {part.name(), part.contribution(), value, expected});
      ++facts;
    } else if (IsJson(format_)) {
      list.push_back({{"feature", part.name()},
                      {"contribution", part.contribution()},
                      {"value", value},
                      {"expected", expected}});
    } else {
      texts.push_back(ContributionText(part, value, response.scores(i)));
    }
  }
  if (format_ == OutputFormat::kCsv) {
    cells.resize(cells.size() + 4 * (options_.explained_features - facts));
  } else {
    cells.push_back(IsJson(format_) ? list : Json(absl::StrJoin(texts, "; ")));
  }
}

void ScoreResults::Finish(bool is_complete) {
  if (top_ != nullptr) {
    top_->Write(*records_);
    records_->Flush();
  }
  if (is_complete) records_->Finish();
  streams_.out.flush();
  if (!is_complete && rows_ == 0) return;
  streams_.err << rows_ << (rows_ == 1 ? " row, " : " rows, ") << anomalies_
               << (anomalies_ == 1 ? " anomaly" : " anomalies");
  if (not_finite_ > 0) streams_.err << ", " << not_finite_ << " of them not finite";
  if (incomplete_ > 0) {
    streams_.err << ", " << incomplete_ << (incomplete_ == 1 ? " row" : " rows") << " incomplete";
  }
  streams_.err << verdict_source_ << std::endl;
}

}  // namespace advae
