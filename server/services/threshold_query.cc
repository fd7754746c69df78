#include "server/services/threshold_query.h"

#include <google/protobuf/util/time_util.h>

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/calls/answer_size.h"

namespace advae {
namespace {

constexpr uint32_t kMaxCurvePoints = 10'000;
constexpr uint64_t kHeader = 512;  // of the answer: model, version, threshold
constexpr uint64_t kSentPoint = 29;
constexpr uint64_t kHeldPoint = 96;  // message, pointers to it, and the point as it is computed

void FillCurve(const ScoreDistribution& distribution, uint32_t points,
               v1::ThresholdResponse& response) {
  for (const ScoreDistribution::CurvePoint& point : distribution.Curve(points)) {
    v1::DistributionPoint& out = *response.add_curve();
    out.set_score(point.score);
    out.set_density(point.density);
    out.set_cdf(point.cdf);
  }
}

}  // namespace

absl::Status AnswerThreshold(ModelTable& table, const Received& received,
                             v1::ThresholdResponse& response) {
  const auto& request = static_cast<const v1::ThresholdRequest&>(received.message());
  const auto version = request.has_version() ? std::optional(request.version()) : std::nullopt;
  ADVAE_ASSIGN_OR_RETURN(const FoundVersion found, table.Find(request.model(), version));
  if (request.curve_points() > kMaxCurvePoints) {
    return AtField(
        absl::InvalidArgumentError(absl::StrCat("curve_points is ", request.curve_points(),
                                                "; expected at most ", kMaxCurvePoints)),
        "curve_points");
  }
  const LoadedVersion& loaded = *found.loaded;
  v1::ThresholdRecord record = loaded.threshold();
  if (request.has_alpha()) {
    ADVAE_ASSIGN_OR_RETURN(const double threshold,
                           AtField(loaded.distribution().Threshold(request.alpha()), "alpha"));
    record.set_alpha(request.alpha());
    record.set_threshold(threshold);
  }
  const uint64_t sent = kHeader + request.curve_points() * kSentPoint;
  ADVAE_RETURN_IF_ERROR(
      LeaseAnswer({.sent = sent, .held = sent + kHeader + request.curve_points() * kHeldPoint},
                  received, "ask for fewer curve_points"));
  if (request.apply()) {
    *record.mutable_set_time() = google::protobuf::util::TimeUtil::GetCurrentTime();
    record.set_set_by(received.permit().caller().name);
    absl::Status status =
        table.ApplyThreshold(loaded.info().model(), loaded.info().version(), record);
    if (!status.ok()) return status;
  }
  response.set_model(loaded.info().model());
  response.set_version(loaded.info().version());
  response.set_alpha(record.alpha());
  response.set_threshold(record.threshold());
  response.set_bandwidth(loaded.distribution().bandwidth());
  response.set_training_scores(loaded.distribution().size());
  FillCurve(loaded.distribution(), request.curve_points(), response);
  return absl::OkStatus();
}

}  // namespace advae
