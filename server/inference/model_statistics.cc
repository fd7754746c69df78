#include "server/inference/model_statistics.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/calls/answer_size.h"
#include "server/inference/model_description.h"
#include "server/inference/score_request.h"
#include "server/metrics/version_statistics.h"

namespace advae {
namespace {

using inference::StatisticDuration;

// Of a version, at most; in memory, messages take some four times as much.
constexpr uint64_t kSentBytes = 512 + VersionStatistics::kMaxListedRows * 32;
constexpr uint64_t kHeldBytes = 4 * kSentBytes;

void Write(uint64_t count, absl::Duration time, StatisticDuration& out) {
  out.set_count(count);
  out.set_ns(static_cast<uint64_t>(absl::ToInt64Nanoseconds(time)));
}

void Write(const VersionStatistics::Counts& counts, inference::ModelStatistics& out) {
  if (counts.last_batch > absl::InfinitePast()) {
    out.set_last_inference(static_cast<uint64_t>(absl::ToUnixMillis(counts.last_batch)));
  }
  out.set_inference_count(counts.rows);
  out.set_execution_count(counts.batches);
  inference::InferStatistics& requests = *out.mutable_inference_stats();
  Write(counts.answers, counts.times.total(), *requests.mutable_success());
  Write(counts.errors, counts.error_time, *requests.mutable_fail());
  Write(counts.answers, counts.times.queue, *requests.mutable_queue());
  Write(counts.answers, counts.times.input, *requests.mutable_compute_input());
  Write(counts.answers, counts.times.scoring, *requests.mutable_compute_infer());
  Write(counts.answers, counts.times.output, *requests.mutable_compute_output());
  for (const VersionStatistics::Batches& batches : counts.by_rows) {
    inference::InferBatchStatistics& batch = *out.add_batch_stats();
    batch.set_batch_size(batches.rows);
    Write(batches.count, batches.scoring, *batch.mutable_compute_infer());
  }
}

// The models that are asked for, with the versions that are.
absl::StatusOr<std::vector<std::shared_ptr<const ModelState>>> Asked(const ModelTable& table,
                                                                     const Received& received) {
  const auto& request = static_cast<const inference::ModelStatisticsRequest&>(received.message());
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                         AtField(VersionOf(request.version()), "version"));
  if (request.name().empty()) {
    if (version) {
      return AtField(absl::InvalidArgumentError(absl::StrCat(
                         "expected the name of a model with version ", *version, ", got none")),
                     "name");
    }
    auto models = table.List();
    std::erase_if(models, [&caller = received.permit().caller()](const auto& model) {
      return !caller.MaySee(model->name);
    });
    return models;
  }
  ADVAE_RETURN_IF_ERROR(AboutName(table.Find(request.name(), version).status()));
  ADVAE_ASSIGN_OR_RETURN(ModelState state, table.Get(request.name()));
  if (version) {
    std::erase_if(state.statistics, [&](const auto& entry) { return entry.first != *version; });
  }
  return std::vector{std::make_shared<const ModelState>(std::move(state))};
}

}  // namespace

absl::Status DescribeStatistics(const ModelTable& table, const Received& received,
                                inference::ModelStatisticsResponse& response) {
  ADVAE_ASSIGN_OR_RETURN(const auto models, Asked(table, received));
  uint64_t versions = 0;
  for (const auto& model : models) versions += model->statistics.size();
  ADVAE_RETURN_IF_ERROR(
      LeaseAnswer({.sent = versions * kSentBytes, .held = versions * (kSentBytes + kHeldBytes)},
                  received, "ask for one model, or one version"));
  for (const auto& model : models) {
    for (const auto& [version, statistics] : model->statistics) {
      inference::ModelStatistics& out = *response.add_model_stats();
      out.set_name(model->name);
      out.set_version(absl::StrCat(version));
      Write(statistics->counts(), out);
    }
  }
  return absl::OkStatus();
}

}  // namespace advae
