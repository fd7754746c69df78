#include "server/inference/infer_operation.h"

#include <algorithm>
#include <string>
#include <utility>

#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "server/inference/score_request.h"

namespace advae {
namespace {

// Of a message that becomes a table in some 100 microseconds.
constexpr uint64_t kLargeBytes = 128 << 10;

// Rows of a request, as far as they can be told before it is checked.
size_t RowsOf(const v1::ScoreRequest& request) {
  if (request.has_table()) return request.table().rows();
  return request.rows().columns() == 0
             ? 0
             : static_cast<size_t>(request.rows().values_size()) / request.rows().columns();
}

// `status` of a score request, about the field of the inference that became the field it is about.
absl::Status AboutInference(absl::Status status) {
  const std::string field = FieldOf(status);
  if (field.empty()) return status;
  if (field == "model") return WithField(std::move(status), "model_name");
  if (field == "alpha") return WithField(std::move(status), kAlphaField);
  return WithField(std::move(status), kInputsField);
}

}  // namespace

InferOperation::InferOperation(const ScoreResources& resources, const Received& received,
                               inference::ModelInferResponse& response, ScoreCaller caller)
    : resources_(resources),
      received_(received),
      request_(static_cast<const inference::ModelInferRequest&>(received.message())),
      response_(response),
      caller_(std::move(caller)) {}

void InferOperation::Start(absl::Time deadline, const Done& done) {
  clock_.Start();
  if (!IsLarge()) return Score(deadline, done);
  const absl::Status submitted =
      resources_.reads.Submit([this, deadline, done] { Score(deadline, done); });
  if (!submitted.ok()) Finish(submitted, done);
}

// Rows of numbers are copied about as fast as they were parsed.
bool InferOperation::IsLarge() const {
  const bool is_rows = request_.inputs_size() == 1 && request_.inputs(0).datatype() != "BYTES" &&
                       request_.inputs(0).name() == kRowsInput;
  return !is_rows && received_.lease().held() > kLargeBytes;
}

void InferOperation::Score(absl::Time deadline, const Done& done) {
  if (absl::Status status = Prepare(); !status.ok()) return Finish(std::move(status), done);
  score_.emplace(resources_, received_, score_request_, score_response_, caller_);
  score_->StartWithin(clock_, deadline, [this, done](absl::Status status) {
    if (status.ok()) {
      WriteOutputs(score_response_, width_, outputs_, response_);
      response_.set_id(request_.id());
    }
    Finish(AboutInference(std::move(status)), done);
  });
}

void InferOperation::Finish(absl::Status status, const Done& done) {
  clock_.End(status);
  done(std::move(status));
}

absl::Status InferOperation::Prepare() {
  // Before tensors become rows.
  ADVAE_RETURN_IF_ERROR(received_.permit().caller().CheckRows());
  ADVAE_ASSIGN_OR_RETURN(const std::optional<uint64_t> version,
                         AtField(VersionOf(request_.model_version()), "model_version"));
  const absl::StatusOr<FoundVersion> found = resources_.table.Find(request_.model_name(), version);
  if (!found.ok()) return AboutInference(found.status());
  clock_.SetStatistics(found->statistics);
  ADVAE_ASSIGN_OR_RETURN(outputs_, AtField(WantedOutputs(request_), "outputs"));
  ADVAE_ASSIGN_OR_RETURN(
      score_request_,
      ScoreRequestOf(request_, *found->loaded, resources_.batcher.limits(), received_.lease()));
  const TableEncoder* const encoder = found->loaded->encoder();
  width_ = static_cast<size_t>(encoder != nullptr ? encoder->schema().columns_size()
                                                  : found->loaded->info().features_size());
  if (std::ranges::any_of(outputs_, [](const ScoreOutputType& type) {
        return type.output == ScoreOutput::kContributions;
      })) {
    score_request_.set_top_features(static_cast<uint32_t>(width_));
  }
  AnswerSize size = OutputSize(RowsOf(score_request_), width_, outputs_);
  size += {.sent = request_.id().size(), .held = 2 * request_.id().size()};
  return LeaseAnswer(size, received_,
                     "send fewer rows or a shorter id, or do not ask for contributions");
}

}  // namespace advae
