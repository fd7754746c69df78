#ifndef ADVAE_CLIENT_SCORE_PIPELINE_H_
#define ADVAE_CLIENT_SCORE_PIPELINE_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/detector.pb.h"
#include "client/end_race.h"

namespace advae {

// Takes the responses of a score stream. An error cancels the call and is what the call returns.
using ScoreSink = std::function<absl::Status(const v1::ScoreResponse& response)>;

// Fills in the rows of a request; false when there are none left.
using RequestSource = std::function<absl::StatusOr<bool>(v1::ScoreRequest& request)>;

using ScoreStreamInterface = grpc::ClientReaderWriterInterface<v1::ScoreRequest, v1::ScoreResponse>;

// Runs one ScoreStream call to its end. A second thread reads `rows` and writes the requests, which
// are `settings` but for their rows, while this one reads the responses: with a single thread,
// client and server could each wait for the other to read. An error of `rows` is returned when the
// responses to the rows before it have been given to `sink`. When the call ends before the rows,
// `call_ended` has to make `rows` return. kInternal when the server answers fewer requests than it
// was sent, ends the call well before the rows, or answers with fields of different lengths.
absl::Status RunScorePipeline(grpc::ClientContext& context, ScoreStreamInterface& stream,
                              const v1::ScoreRequest& settings, const RequestSource& rows,
                              const ScoreSink& sink, const CallEnded& call_ended = nullptr);

}  // namespace advae

#endif  // ADVAE_CLIENT_SCORE_PIPELINE_H_
