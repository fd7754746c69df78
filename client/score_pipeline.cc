#include "client/score_pipeline.h"

#include <cstddef>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/connection.h"

namespace advae {
namespace {

struct Written {
  size_t requests = 0;
  bool is_complete = false;  // whether the source has no rows left
  absl::Status status;       // of the source of rows
};

Written WriteRequests(ScoreStreamInterface& stream, const v1::ScoreRequest& settings,
                      const RequestSource& rows, EndRace& race) {
  Written written;
  v1::ScoreRequest request = settings;
  for (;;) {
    const absl::StatusOr<bool> more = rows(request);
    if (!more.ok() || !*more) {
      // The rows before an error are good, and their results wanted.
      if (race.RowsEnd()) written.status = more.status();
      written.is_complete = more.ok();
      break;
    }
    // A failed write means that the call has ended; its status says why.
    if (!stream.Write(request)) break;
    ++written.requests;
  }
  stream.WritesDone();
  return written;
}

// kInternal unless every field that was asked for has one entry a row.
absl::Status CheckShape(const v1::ScoreResponse& response, const v1::ScoreRequest& settings) {
  const int rows = response.scores_size();
  if (response.p_values_size() == rows && response.anomalies_size() == rows &&
      response.statuses_size() == rows &&
      (settings.top_features() == 0 || response.explanations_size() == rows) &&
      (settings.nearest_rows() == 0 || response.nearest_rows_size() == rows)) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      absl::StrCat("the server's response has ", rows, " scores but ", response.p_values_size(),
                   " p-values, ", response.anomalies_size(), " verdicts, ",
                   response.statuses_size(), " statuses, ", response.explanations_size(),
                   " explanations and ", response.nearest_rows_size(), " lists of nearest rows"));
}

}  // namespace

absl::Status RunScorePipeline(grpc::ClientContext& context, ScoreStreamInterface& stream,
                              const v1::ScoreRequest& settings, const RequestSource& rows,
                              const ScoreSink& sink, const CallEnded& call_ended) {
  EndRace race(call_ended);
  Written written;
  std::thread writer([&] { written = WriteRequests(stream, settings, rows, race); });
  size_t responses = 0;
  absl::Status sink_status;
  for (v1::ScoreResponse response; stream.Read(&response); ++responses) {
    sink_status = CheckShape(response, settings);
    if (sink_status.ok()) sink_status = sink(response);
    if (!sink_status.ok()) {
      context.TryCancel();
      break;
    }
  }
  race.CallEnds();
  writer.join();
  absl::Status call_status = FromGrpcStatus(stream.Finish());
  if (!sink_status.ok()) return sink_status;
  if (!call_status.ok()) return call_status;
  if (!written.status.ok()) return written.status;
  if (!written.is_complete) return absl::InternalError("the server ended the call before the rows");
  if (responses != written.requests) {
    return absl::InternalError(absl::StrCat("the server answered ", responses, " of ",
                                            written.requests, " score requests"));
  }
  return absl::OkStatus();
}

}  // namespace advae
