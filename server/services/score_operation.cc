#include "server/services/score_operation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/base/request_matrix.h"
#include "server/calls/answer_size.h"

namespace advae {
namespace {

constexpr uint32_t kMaxNearestRows = kScaledNeighbors;

// How many rows to name for each, of as many as were asked for.
absl::StatusOr<size_t> NearestCount(uint32_t wanted, const LoadedVersion& version) {
  if (wanted > kMaxNearestRows) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", kMaxNearestRows, " nearest_rows, got ", wanted));
  }
  const size_t most = version.scorer().max_nearest_rows();
  if (wanted > 0 && most == 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("model \"", version.info().model(), "\" version ", version.info().version(),
                     " remembers no training rows, so that there are no nearest_rows to name; "
                     "train one with memory_rows above 0"));
  }
  return std::min<size_t>(wanted, most);
}

}  // namespace

ScoreOperation::ScoreOperation(ModelTable& table, Batcher& batcher, const Received& request,
                               v1::ScoreResponse& response, ScoreCaller caller)
    : table_(table),
      batcher_(batcher),
      received_(request),
      request_(static_cast<const v1::ScoreRequest&>(request.message())),
      response_(response),
      caller_(std::move(caller)) {}

void ScoreOperation::Start(absl::Time deadline, const Done& done) {
  if (absl::Status status = Prepare(); !status.ok()) return done(std::move(status));

  ScoreWork work{.version = version_.loaded,
                 .rows = rows_,
                 .scores = {response_.mutable_scores()->mutable_data(), rows_.rows},
                 .details = {.expected = expected_,
                             .contributions = contributions_,
                             .nearest = nearest_,
                             .nearest_count = nearest_count_},
                 .deadline = deadline,
                 .caller = caller_};
  // The completion has a copy of `done`, so that a refused task leaves one to call.
  auto task = std::make_shared<ScoreTask>(std::move(work), [this, done](absl::Status status) {
    if (status.ok()) FillVerdicts();
    done(std::move(status));
  });
  if (absl::Status status = batcher_.Submit(std::move(task)); !status.ok()) done(std::move(status));
}

absl::Status ScoreOperation::Prepare() {
  const auto version = request_.has_version() ? std::optional(request_.version()) : std::nullopt;
  ADVAE_ASSIGN_OR_RETURN(version_, table_.Find(request_.model(), version));
  const v1::VersionInfo& info = version_.loaded->info();

  ADVAE_ASSIGN_OR_RETURN(const MatrixView rows, ViewOf(request_.rows()));
  ADVAE_RETURN_IF_ERROR(CheckFeatures(request_.rows(), info));
  rows_ = rows;
  // More than may be queued never fit.
  const size_t most =
      std::min(batcher_.limits().max_request_rows, batcher_.limits().max_queued_rows);
  if (rows_.rows > most) {
    return absl::InvalidArgumentError(absl::StrCat("the request has ", rows_.rows,
                                                   " rows; the server takes at most ", most,
                                                   " in one request"));
  }

  ADVAE_ASSIGN_OR_RETURN(nearest_count_, NearestCount(request_.nearest_rows(), *version_.loaded));
  const AnswerSize size = AnswerSizeOf(info, rows_.rows, request_.top_features(),
                                       static_cast<uint32_t>(nearest_count_));
  ADVAE_RETURN_IF_ERROR(LeaseAnswer(
      size, received_, "send fewer rows, or ask for fewer top_features or nearest_rows"));

  response_.set_model(info.model());
  response_.set_version(info.version());
  response_.set_alpha(version_.loaded->threshold().alpha());
  response_.set_threshold(version_.loaded->threshold().threshold());
  if (request_.has_alpha()) {
    ADVAE_ASSIGN_OR_RETURN(const double threshold,
                           version_.loaded->distribution().Threshold(request_.alpha()));
    response_.set_alpha(request_.alpha());
    response_.set_threshold(threshold);
  }
  // All memory of the response here, as an arena has memory at hand for the thread of the request.
  const int row_count = static_cast<int>(rows_.rows);
  response_.mutable_scores()->Resize(row_count, 0.0);
  response_.mutable_p_values()->Reserve(row_count);
  response_.mutable_anomalies()->Reserve(row_count);
  response_.mutable_statuses()->Reserve(row_count);
  if (request_.top_features() > 0) {
    expected_.resize(rows_.rows * rows_.columns);
    contributions_.resize(expected_.size());
  }
  nearest_.resize(rows_.rows * nearest_count_);
  return absl::OkStatus();
}

void ScoreOperation::FillVerdicts() {
  const ScoreDistribution& distribution = version_.loaded->distribution();
  const int rows = response_.scores_size();
  for (int i = 0; i < rows; ++i) {
    const double score = response_.scores(i);
    const bool finite = std::isfinite(score);
    response_.add_p_values(std::isnan(score) ? score : distribution.PValue(score));
    // Also of NaN: what cannot be judged is not called normal.
    response_.add_anomalies(!(score < response_.threshold()));
    response_.add_statuses(finite ? v1::ROW_STATUS_OK : v1::ROW_STATUS_NOT_FINITE);
    if (request_.top_features() > 0) {
      v1::Explanation& explanation = *response_.add_explanations();
      if (finite) Explain(i, explanation);
    }
    if (nearest_count_ > 0) {
      v1::NearestRows& nearest_rows = *response_.add_nearest_rows();
      if (finite) NameNearestRows(i, nearest_rows);
    }
  }
  version_.metrics->CountScores(response_);
}

void ScoreOperation::Explain(int row, v1::Explanation& explanation) const {
  const size_t columns = rows_.columns;
  const MinMaxScaler& scaler = version_.loaded->scorer().scaler();
  const float* const expected = expected_.data() + row * columns;
  const double* const contributions = contributions_.data() + row * columns;
  std::vector<uint32_t> order(columns);
  std::iota(order.begin(), order.end(), 0);
  const size_t count = std::min<size_t>(request_.top_features(), columns);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](uint32_t a, uint32_t b) {
                      if (contributions[a] != contributions[b]) {
                        return contributions[a] > contributions[b];
                      }
                      return a < b;
                    });
  for (size_t rank = 0; rank < count; ++rank) {
    const uint32_t feature = order[rank];
    v1::FeatureContribution& contribution = *explanation.add_contributions();
    contribution.set_feature(feature);
    contribution.set_name(version_.loaded->info().features(static_cast<int>(feature)).name());
    contribution.set_contribution(contributions[feature]);
    contribution.set_expected(scaler.Restore(feature, expected[feature]));
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
