#include "server/services/score_operation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "server/base/request_matrix.h"
#include "server/calls/answer_size.h"
#include "server/services/kept_row_request.h"
#include "server/services/score_explanation.h"

namespace advae {
namespace {

constexpr uint32_t kMaxNearestRows = kScaledNeighbors;
// Of a message whose checks take some 100 microseconds.
constexpr uint64_t kLargeTableBytes = 128 << 10;

std::string NameOf(const v1::VersionInfo& info) {
  return absl::StrCat("model \"", info.model(), "\" version ", info.version());
}

// How many rows to name for each, of as many as were asked for.
absl::StatusOr<size_t> NearestCount(uint32_t wanted, const LoadedVersion& version) {
  if (wanted > kMaxNearestRows) {
    return AtField(absl::InvalidArgumentError(absl::StrCat("expected at most ", kMaxNearestRows,
                                                           " nearest_rows, got ", wanted)),
                   "nearest_rows");
  }
  const size_t most = version.scorer().max_nearest_rows();
  if (wanted > 0 && most == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(NameOf(version.info()),
                     " remembers no training rows, so that there are no nearest_rows to name; "
                     "train one with memory_rows above 0"));
  }
  return std::min<size_t>(wanted, most);
}

}  // namespace

absl::Status CheckRowCount(size_t rows, const BatchLimits& limits) {
  // More than may be queued never fit.
  const size_t most = std::min(limits.max_request_rows, limits.max_queued_rows);
  if (rows <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the request has ", rows, " rows; the server takes at most ", most, " in one request"));
}

ScoreOperation::ScoreOperation(const ScoreResources& resources, const Received& received,
                               const v1::ScoreRequest& request, v1::ScoreResponse& response,
                               ScoreCaller caller)
    : resources_(resources),
      received_(received),
      request_(request),
      response_(response),
      caller_(std::move(caller)) {}

void ScoreOperation::Start(absl::Time deadline, const Done& done) {
  own_clock_.Start();
  StartWithin(own_clock_, deadline, done);
}

void ScoreOperation::StartWithin(RequestClock& clock, absl::Time deadline, const Done& done) {
  clock_ = &clock;
  if (!IsLargeTable()) return Submit(deadline, done);
  // Of `done` too, so that a pool that is full leaves one to call.
  const absl::Status submitted =
      resources_.reads.Submit([this, deadline, done] { Submit(deadline, done); });
  if (!submitted.ok()) Finish(submitted, done);
}

void ScoreOperation::Finish(absl::Status status, const Done& done) {
  if (clock_ == &own_clock_) own_clock_.End(status);
  done(std::move(status));
}

bool ScoreOperation::IsLargeTable() const {
  return request_.has_table() && received_.lease().held() > kLargeTableBytes;
}

void ScoreOperation::Submit(absl::Time deadline, const Done& done) {
  if (absl::Status status = Prepare(); !status.ok()) {
    ReturnRowCount();
    return Finish(std::move(status), done);
  }

  clock_->Submit(rows_.rows);
  ScoreWork work{.version = version_.loaded,
                 .rows = rows_,
                 .source = rows_.values == nullptr ? schema_rows_.get() : nullptr,
                 .scores = {response_.mutable_scores()->mutable_data(), rows_.rows},
                 .details = {.expected = expected_,
                             .contributions = contributions_,
                             .nearest = nearest_,
                             .nearest_count = nearest_count_},
                 .deadline = deadline,
                 .caller = caller_,
                 .statistics = clock_->statistics(),
                 .waited = &clock_->waited()};
  // The completion has a copy of `done`, so that a refused task leaves one to call.
  auto task = std::make_shared<ScoreTask>(std::move(work), [this, done](absl::Status status) {
    clock_->SetScored();
    if (status.ok()) FillVerdicts();
    Finish(std::move(status), done);
  });
  if (absl::Status status = resources_.batcher.Submit(std::move(task)); !status.ok()) {
    ReturnRowCount();
    Finish(std::move(status), done);
  }
}

absl::Status ScoreOperation::Prepare() {
  const auto version = request_.has_version() ? std::optional(request_.version()) : std::nullopt;
  ADVAE_ASSIGN_OR_RETURN(version_, resources_.table.Find(request_.model(), version));
  clock_->SetStatistics(version_.statistics);
  ADVAE_RETURN_IF_ERROR(TakeRows());
  ADVAE_ASSIGN_OR_RETURN(nearest_count_, NearestCount(request_.nearest_rows(), *version_.loaded));
  ADVAE_RETURN_IF_ERROR(LeaseResponse());

  const v1::VersionInfo& info = version_.loaded->info();
  response_.set_model(info.model());
  response_.set_version(info.version());
  response_.set_alpha(version_.loaded->threshold().alpha());
  response_.set_threshold(version_.loaded->threshold().threshold());
  if (request_.has_alpha()) {
    ADVAE_ASSIGN_OR_RETURN(
        const double threshold,
        AtField(version_.loaded->distribution().Threshold(request_.alpha()), "alpha"));
    response_.set_alpha(request_.alpha());
    response_.set_threshold(threshold);
  }
  Allocate();
  return absl::OkStatus();
}

absl::Status ScoreOperation::TakeRows() {
  if (!request_.has_table()) return TakeMatrix();
  if (!request_.has_rows()) return TakeTable();
  return AtField(
      absl::InvalidArgumentError("the request has both rows and a table; expected one of them"),
      "table");
}

absl::Status ScoreOperation::TakeTable() {
  const TableEncoder* const encoder = version_.loaded->encoder();
  if (encoder == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(NameOf(version_.loaded->info()),
                     " was trained on a matrix and has no schema to read a table by; send the "
                     "rows as a matrix, or train a version on a table"));
  }
  ADVAE_RETURN_IF_ERROR(AtField(TakeRowCount(request_.table().rows()), "table.rows"));
  ADVAE_ASSIGN_OR_RETURN(schema_rows_,
                         AtField(SchemaRows::OfTable(request_.table(), *encoder), "table"));
  rows_ = {.rows = schema_rows_->rows(), .columns = encoder->features()};
  return absl::OkStatus();
}

absl::Status ScoreOperation::TakeMatrix() {
  ADVAE_ASSIGN_OR_RETURN(rows_, AtField(ViewOf(request_.rows()), "rows"));
  const TableEncoder* const encoder = version_.loaded->encoder();
  if (encoder == nullptr) {
    ADVAE_RETURN_IF_ERROR(AtField(CheckFeatures(request_.rows(), version_.loaded->info()), "rows"));
    return AtField(TakeRowCount(rows_.rows), "rows");
  }
  ADVAE_RETURN_IF_ERROR(AtField(TakeRowCount(rows_.rows), "rows"));
  ADVAE_ASSIGN_OR_RETURN(schema_rows_,
                         AtField(SchemaRows::OfMatrix(request_.rows(), rows_, *encoder), "rows"));
  if (!schema_rows_->is_in_place()) {
    rows_ = {.rows = schema_rows_->rows(), .columns = encoder->features()};
  }
  return absl::OkStatus();
}

absl::Status ScoreOperation::TakeRowCount(size_t rows) {
  ADVAE_RETURN_IF_ERROR(CheckRowCount(rows, resources_.batcher.limits()));
  const std::shared_ptr<Tenant>& tenant = received_.permit().caller().tenant;
  if (tenant == nullptr) return absl::OkStatus();
  ADVAE_RETURN_IF_ERROR(tenant->TakeRows(rows, SteadyNow()));
  taken_rows_ = rows;
  return absl::OkStatus();
}

void ScoreOperation::ReturnRowCount() {
  if (taken_rows_ == 0) return;
  received_.permit().caller().tenant->ReturnRows(std::exchange(taken_rows_, 0));
}

absl::Status ScoreOperation::LeaseResponse() const {
  const bool has_texts = schema_rows_ != nullptr && request_.top_features() > 0;
  AnswerSize size = AnswerSizeOf(version_.loaded->info(), rows_.rows,
                                 {.top_features = request_.top_features(),
                                  .nearest_rows = static_cast<uint32_t>(nearest_count_),
                                  .value_bytes = has_texts ? schema_rows_->LongestText() : 0});
  if (schema_rows_ != nullptr) {
    for (const ColumnView& key : schema_rows_->keys()) size += AnswerSizeOf(key.message());
  }
  return LeaseAnswer(size, received_,
                     "send fewer rows, or ask for fewer top_features or nearest_rows");
}

void ScoreOperation::Allocate() {
  // The response's here, as an arena has memory at hand for the thread of the request.
  const int row_count = static_cast<int>(rows_.rows);
  response_.mutable_scores()->Resize(row_count, 0.0);
  response_.mutable_p_values()->Reserve(row_count);
  response_.mutable_anomalies()->Reserve(row_count);
  response_.mutable_statuses()->Reserve(row_count);
  if (schema_rows_ != nullptr) {
    for (const ColumnView& key : schema_rows_->keys()) *response_.add_keys() = key.message();
  }
  if (request_.top_features() > 0) {
    expected_.resize(rows_.rows * rows_.columns);
    contributions_.resize(expected_.size());
  }
  nearest_.resize(rows_.rows * nearest_count_);
}

v1::RowStatus ScoreOperation::StatusOf(size_t row) const {
  if (!std::isfinite(response_.scores(static_cast<int>(row)))) return v1::ROW_STATUS_NOT_FINITE;
  if (schema_rows_ == nullptr || !schema_rows_->is_incomplete(row)) return v1::ROW_STATUS_OK;
  return v1::ROW_STATUS_INCOMPLETE;
}

void ScoreOperation::FillVerdicts() {
  const ScoreDistribution& distribution = version_.loaded->distribution();
  if (schema_rows_ != nullptr) {
    if (rows_.values != nullptr) schema_rows_->NoteInPlace();
    // What a usual row has was put in the place of all values, which is no reason to call it
    // normal.
    for (size_t i = 0; i < rows_.rows; ++i) {
      if (schema_rows_->is_empty(i)) {
        response_.set_scores(static_cast<int>(i), std::numeric_limits<double>::quiet_NaN());
      }
    }
  }
  std::optional<ScoreExplainer> explainer;
  if (request_.top_features() > 0) {
    explainer.emplace(*version_.loaded, schema_rows_.get(), request_.top_features());
  }
  const size_t columns = rows_.columns;
  for (size_t i = 0; i < rows_.rows; ++i) {
    const double score = response_.scores(static_cast<int>(i));
    const bool finite = std::isfinite(score);
    response_.add_p_values(std::isnan(score) ? score : distribution.PValue(score));
    // Also of NaN: what cannot be judged is not called normal.
    response_.add_anomalies(!(score < response_.threshold()));
    response_.add_statuses(StatusOf(i));
    if (explainer) {
      v1::Explanation& explanation = *response_.add_explanations();
      if (finite) {
        explainer->Explain(i, std::span(expected_).subspan(i * columns, columns),
                           std::span(contributions_).subspan(i * columns, columns), explanation);
      }
    }
    if (nearest_count_ > 0) {
      v1::NearestRows& nearest_rows = *response_.add_nearest_rows();
      if (finite) NameNearestRows(static_cast<int>(i), nearest_rows);
    }
  }
  version_.metrics->CountScores(response_, ThresholdInForce());
  if (schema_rows_ != nullptr) CountCells();
  if (version_.history != nullptr) NoteHistory();
}

const v1::ThresholdRecord* ScoreOperation::ThresholdInForce() const {
  return request_.has_alpha() ? &version_.loaded->threshold() : nullptr;
}

void ScoreOperation::NoteHistory() const {
  ModelHistory& history = *version_.history;
  const absl::Time now = SteadyNow();
  history.Count(response_, now - clock_->start(), now, ThresholdInForce());
  bool has_turn[] = {true, true};  // of rows that are no alarms, and of alarms
  for (int i = 0; i < response_.scores_size() && (has_turn[0] || has_turn[1]); ++i) {
    const bool is_alarm = response_.anomalies(i);
    bool& turn = has_turn[is_alarm ? 1 : 0];
    if (!turn) continue;
    if (!is_alarm && !ModelHistory::IsNear(response_.p_values(i), response_.alpha())) continue;
    turn = history.TakeTurn(is_alarm, now);
    if (!turn) continue;
    history.Keep({.time = absl::Now(),
                  .request = RequestOfRow(version_.loaded->info(), schema_rows_.get(), rows_,
                                          static_cast<size_t>(i)),
                  .score = response_.scores(i),
                  .p_value = response_.p_values(i),
                  .alpha = response_.alpha(),
                  .threshold = response_.threshold(),
                  .is_alarm = is_alarm,
                  .status = response_.statuses(i)});
  }
}

void ScoreOperation::CountCells() const {
  const v1::TableSchema& schema = schema_rows_->encoder().schema();
  const std::vector<CellCounts> cells = schema_rows_->cells();
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].missing + cells[i].unseen == 0) continue;
    version_.metrics->CountCells(schema.columns(static_cast<int>(i)).name(), cells[i]);
  }
}

void ScoreOperation::NameNearestRows(int row, v1::NearestRows& nearest_rows) const {
  const auto count = static_cast<int>(nearest_count_);
  nearest_rows.mutable_rows()->Reserve(count);
  nearest_rows.mutable_distances()->Reserve(count);
  for (const NearestRow& nearest :
       std::span(nearest_).subspan(static_cast<size_t>(row) * nearest_count_, nearest_count_)) {
    nearest_rows.add_rows(nearest.training_row);
    nearest_rows.add_distances(nearest.distance);
  }
}

}  // namespace advae
