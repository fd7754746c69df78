#include "tests/bench/load_command.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "advae/v1/detector.pb.h"
#include "client/connection.h"
#include "client/security.h"
#include "model/base/status_macros.h"
#include "tests/bench/score_request.h"

namespace advae {
namespace {

using Clock = std::chrono::steady_clock;

absl::Status CheckResponse(grpc::ByteBuffer& bytes, int rows) {
  v1::ScoreResponse response;
  const grpc::Status parsed =
      grpc::SerializationTraits<v1::ScoreResponse>::Deserialize(&bytes, &response);
  if (!parsed.ok()) return FromGrpcStatus(parsed);
  if (response.scores_size() != rows) {
    return absl::InternalError(
        absl::StrCat("a response has ", response.scores_size(), " scores for ", rows, " rows"));
  }
  return absl::OkStatus();
}

// When requests were sent and answered.
class Timeline {
 public:
  explicit Timeline(const LoadOptions& options) : options_(options), start_(Clock::now()) {}

  // Whether another request is to be sent, now.
  bool WantsMore() const {
    if (options_.requests) return sent_ < *options_.requests;
    return std::chrono::duration<double>(Clock::now() - start_).count() < options_.seconds;
  }
  Clock::time_point Sent() {
    ++sent_;
    return Clock::now();
  }
  void Answered(Clock::time_point sent) {
    const Clock::time_point now = Clock::now();
    end_ = now;
    microseconds_.push_back(std::chrono::duration<float, std::micro>(now - sent).count());
  }

  void Print() {
    const double seconds = std::chrono::duration<double>(end_ - start_).count();
    const auto answered = static_cast<double>(microseconds_.size());
    std::printf("%s\n",
                absl::StrFormat(R"({"rows": %d, "in_flight": %d, "requests": %d, "seconds": %.3f, )"
                                R"("requests_per_second": %.1f, "rows_per_second": %.0f, )"
                                R"("p50_microseconds": %.1f, "p99_microseconds": %.1f})",
                                options_.rows, options_.in_flight, microseconds_.size(), seconds,
                                answered / seconds, answered * options_.rows / seconds,
                                Quantile(0.5), Quantile(0.99))
                    .c_str());
  }

 private:
  float Quantile(double q) {
    const auto index = static_cast<std::ptrdiff_t>(q * static_cast<double>(microseconds_.size()));
    std::nth_element(microseconds_.begin(), microseconds_.begin() + index, microseconds_.end());
    return microseconds_[index];
  }

  const LoadOptions& options_;
  const Clock::time_point start_;
  Clock::time_point end_;
  uint64_t sent_ = 0;
  std::vector<float> microseconds_;
};

// What the client sends, to where, and what came of it.
struct Load {
  // A call with the token, if there is one.
  std::unique_ptr<grpc::ClientContext> NewContext() const {
    auto context = std::make_unique<grpc::ClientContext>();
    if (!token.empty()) context->AddMetadata("authorization", absl::StrCat("Bearer ", token));
    return context;
  }

  const LoadOptions& options;
  const std::string token;
  const grpc::ByteBuffer& request;
  grpc::GenericStub& stub;
  grpc::CompletionQueue& queue;
  Timeline timeline;
  bool checked = false;

  // Checks the first response.
  absl::Status Check(grpc::ByteBuffer& response) {
    if (checked) return absl::OkStatus();
    checked = true;
    return CheckResponse(response, options.rows);
  }
};

absl::Status RunUnaryCalls(Load& load) {
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer response;
    grpc::Status status;
    Clock::time_point sent;
  };
  std::vector<Call> calls(load.options.in_flight);
  size_t open = 0;
  const auto send = [&](Call& call) {
    call.context = load.NewContext();
    call.sent = load.timeline.Sent();
    call.reader = load.stub.PrepareUnaryCall(call.context.get(), "/advae.v1.AnomalyDetector/Score",
                                             load.request, &load.queue);
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, &call);
    ++open;
  };
  for (Call& call : calls) {
    if (load.timeline.WantsMore()) send(call);
  }
  absl::Status outcome;
  void* tag = nullptr;
  bool ok = false;
  while (open > 0 && load.queue.Next(&tag, &ok)) {
    --open;
    Call& call = *static_cast<Call*>(tag);
    load.timeline.Answered(call.sent);
    outcome.Update(call.status.ok() ? load.Check(call.response) : FromGrpcStatus(call.status));
    if (outcome.ok() && load.timeline.WantsMore()) send(call);
  }
  return outcome;
}

absl::Status RunStream(Load& load) {
  enum Event : intptr_t { kStarted = 1, kWritten, kRead, kHalfClosed, kFinished };
  const auto tag_of = [](Event event) { return reinterpret_cast<void*>(event); };

  const std::unique_ptr<grpc::ClientContext> context = load.NewContext();
  const auto stream =
      load.stub.PrepareCall(context.get(), "/advae.v1.AnomalyDetector/ScoreStream", &load.queue);
  stream->StartCall(tag_of(kStarted));
  std::deque<Clock::time_point> unanswered;
  grpc::ByteBuffer response;
  grpc::Status status;
  bool writing = false;
  bool closing = false;
  absl::Status outcome;
  const auto advance = [&] {
    if (writing || closing) return;
    if (!load.timeline.WantsMore() || !outcome.ok()) {
      closing = true;
      stream->WritesDone(tag_of(kHalfClosed));
    } else if (unanswered.size() < static_cast<size_t>(load.options.in_flight)) {
      writing = true;
      unanswered.push_back(load.timeline.Sent());
      stream->Write(load.request, tag_of(kWritten));
    }
  };
  void* tag = nullptr;
  bool ok = false;
  while (load.queue.Next(&tag, &ok)) {
    switch (static_cast<Event>(reinterpret_cast<intptr_t>(tag))) {
      case kStarted:
        stream->Read(&response, tag_of(kRead));
        break;
      case kWritten:
        writing = false;
        break;
      case kRead:
        if (!ok) {  // no more responses
          closing = true;
          stream->Finish(&status, tag_of(kFinished));
          break;
        }
        load.timeline.Answered(unanswered.front());
        unanswered.pop_front();
        outcome.Update(load.Check(response));
        stream->Read(&response, tag_of(kRead));
        break;
      case kHalfClosed:
        break;
      case kFinished:
        outcome.Update(FromGrpcStatus(status));
        return outcome;
    }
    advance();
  }
  return outcome;
}

}  // namespace

absl::Status RunLoad(const LoadOptions& options) {
  ADVAE_ASSIGN_OR_RETURN(const grpc::ByteBuffer request,
                         MakeScoreRequest(options.model, options.data, options.rows));
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.tls_ca.empty()) {
    ADVAE_ASSIGN_OR_RETURN(credentials, ReadTlsCredentials({.ca = options.tls_ca}));
  }
  ADVAE_ASSIGN_OR_RETURN(
      const auto channel,
      CreateRetryingChannel(options.server, credentials,
                            options.retry ? RetryPolicy{} : RetryPolicy{.max_attempts = 1}));
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  std::string token;
  if (!options.token_file.empty()) {
    ADVAE_ASSIGN_OR_RETURN(const auto reader, TokenFileReader::Open(options.token_file));
    token = reader->Token();
  }
  Load load{options, std::move(token), request, stub, queue, Timeline(options)};
  absl::Status status = options.stream ? RunStream(load) : RunUnaryCalls(load);
  queue.Shutdown();
  if (!status.ok()) return status;
  load.timeline.Print();
  return absl::OkStatus();
}

}  // namespace advae
