#include "tests/bench/overload_command.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/connection.h"
#include "tests/bench/score_request.h"

namespace advae {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

Clock::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

double Quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto index = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[index];
}

// What became of calls.
struct Outcomes {
  uint64_t sent = 0;
  uint64_t refused = 0;
  uint64_t expired = 0;
  std::vector<double> milliseconds;  // of those that were answered
  absl::Status failure;              // the first that was neither

  void Add(const grpc::Status& status, Clock::duration took) {
    if (status.ok()) {
      milliseconds.push_back(Milliseconds(took).count());
    } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      ++refused;
    } else if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      ++expired;
    } else {
      failure.Update(FromGrpcStatus(status));
    }
  }
};

// One connection and the calls on it. Not thread-safe.
class Caller {
 public:
  Caller(const OverloadOptions& options, const grpc::ByteBuffer& request)
      : options_(options), request_(request) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
    channel_ =
        grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<grpc::GenericStub>(channel_);
  }
  ~Caller() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Connect() {
    return channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }

  void Send(Outcomes& outcomes, bool has_deadline = true) {
    auto* const call = new Call;
    call->sent = Clock::now();
    if (options_.deadline && has_deadline) {
      call->context.set_deadline(std::chrono::system_clock::now() +
                                 absl::ToChronoMicroseconds(*options_.deadline));
    }
    call->reader = stub_->PrepareUnaryCall(&call->context, "/advae.v1.AnomalyDetector/Score",
                                           request_, &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
    ++outcomes.sent;
    ++open_;
  }

  // Waits for the end of a call, no longer than until `limit`; whether one has ended.
  bool Receive(Clock::time_point limit, Outcomes& outcomes) {
    void* tag = nullptr;
    bool ok = false;
    const auto until = std::chrono::system_clock::now() + (limit - Clock::now());
    if (queue_.AsyncNext(&tag, &ok, until) != grpc::CompletionQueue::GOT_EVENT) return false;
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    --open_;
    outcomes.Add(call->status, Clock::now() - call->sent);
    return true;
  }
  // Waits for all calls.
  void ReceiveAll(Outcomes& outcomes) {
    while (open_ > 0) Receive(Clock::now() + std::chrono::seconds(1), outcomes);
  }
  size_t open() const { return open_; }

 private:
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer response;
    grpc::Status status;
    Clock::time_point sent;
  };

  const OverloadOptions& options_;
  const grpc::ByteBuffer& request_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<grpc::GenericStub> stub_;
  grpc::CompletionQueue queue_;
  size_t open_ = 0;
};

// Sends a call every 1 / `per_second` seconds until `end`, and waits for all.
Outcomes SendAtRate(Caller& caller, double per_second, Clock::time_point end) {
  Outcomes outcomes;
  Clock::time_point next = Clock::now();
  for (Clock::time_point now = next; now < end; now = Clock::now()) {
    if (now >= next) {
      caller.Send(outcomes);
      next += Seconds(1 / per_second);
      // Answers are taken between calls that are late, too.
      caller.Receive(now, outcomes);
    } else {
      caller.Receive(next, outcomes);
    }
  }
  caller.ReceiveAll(outcomes);
  return outcomes;
}

// Keeps some calls open until `end`, without deadlines.
Outcomes KeepOpen(Caller& caller, int in_flight, Clock::time_point end) {
  Outcomes outcomes;
  while (Clock::now() < end) {
    while (caller.open() < static_cast<size_t>(in_flight))
      caller.Send(outcomes, /*has_deadline=*/false);
    caller.Receive(end, outcomes);
  }
  caller.ReceiveAll(outcomes);
  return outcomes;
}

// The other caller: one call at a time, beside the load until `end` and alone after it.
struct Others {
  Outcomes beside;
  double recovery_ms = INFINITY;

  void Run(Caller& caller, Clock::time_point end) {
    while (Clock::now() < end) {
      caller.Send(beside);
      caller.ReceiveAll(beside);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    Outcomes alone;
    size_t answered = 0;
    for (int i = 0; i < 1000 && answered < 10; ++i) {
      const double now = Milliseconds(Clock::now() - end).count();
      const size_t before = alone.milliseconds.size();
      caller.Send(alone);
      caller.ReceiveAll(alone);
      answered = alone.milliseconds.size() > before ? answered + 1 : 0;
      if (answered == 1) recovery_ms = now + alone.milliseconds.back();
    }
    if (answered < 10) recovery_ms = INFINITY;
    beside.failure.Update(alone.failure);
  }
};

class Measurement {
 public:
  Measurement(const OverloadOptions& options, const grpc::ByteBuffer& request)
      : options_(options), load_(options, request), other_(options, request) {}

  absl::Status Run() {
    if (!load_.Connect() || !other_.Connect()) {
      return absl::UnavailableError(absl::StrCat("cannot connect to ", options_.server));
    }
    const auto peak = Measure(0);
    if (!peak.ok()) return peak.status();
    peak_ = *peak;
    for (const double factor : options_.factors) {
      if (absl::Status status = Measure(factor).status(); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  // Sends at so many times the peak, or finds the peak with 0; the goodput.
  absl::StatusOr<double> Measure(double factor) {
    const Clock::time_point end = Clock::now() + Seconds(options_.seconds);
    Others others;
    std::thread thread([&] { others.Run(other_, end); });
    Outcomes load = factor > 0 ? SendAtRate(load_, factor * peak_, end)
                               : KeepOpen(load_, options_.in_flight, end);
    thread.join();
    if (!load.failure.ok()) return load.failure;
    if (!others.beside.failure.ok()) return others.beside.failure;
    const double goodput = static_cast<double>(load.milliseconds.size()) / options_.seconds;
    Print(factor, goodput, load, others);
    return goodput;
  }

  void Print(double factor, double goodput, Outcomes& load, Others& others) const {
    std::vector<double> accepted = load.milliseconds;
    const double deadline_ms =
        options_.deadline ? absl::ToDoubleMilliseconds(*options_.deadline) : INFINITY;
    accepted.insert(accepted.end(), load.expired, deadline_ms);
    const double answered = static_cast<double>(others.beside.milliseconds.size());
    std::printf(
        "%s\n",
        absl::StrFormat(
            R"({"factor": %g, "sent_per_second": %.0f, "goodput": %.0f, "share": %.3f, )"
            R"("refused": %.0f, "expired": %.0f, "p50_ms": %.2f, "p99_ms": %.2f, )"
            R"("accepted_p99_ms": %.2f, "others_p50_ms": %.2f, "others_p99_ms": %.2f, )"
            R"("others_failed": %.3f, "recovery_ms": %.1f})",
            factor, static_cast<double>(load.sent) / options_.seconds, goodput,
            factor > 0 ? goodput / peak_ : 1.0,
            static_cast<double>(load.refused) / options_.seconds,
            static_cast<double>(load.expired) / options_.seconds, Quantile(load.milliseconds, 0.5),
            Quantile(load.milliseconds, 0.99), Quantile(accepted, 0.99),
            Quantile(others.beside.milliseconds, 0.5), Quantile(others.beside.milliseconds, 0.99),
            1 - answered / static_cast<double>(std::max<uint64_t>(others.beside.sent, 1)),
            others.recovery_ms)
            .c_str());
    std::fflush(stdout);
  }

  const OverloadOptions& options_;
  Caller load_;
  Caller other_;
  double peak_ = 0;
};

}  // namespace

absl::Status RunOverload(const OverloadOptions& options) {
  const absl::StatusOr<grpc::ByteBuffer> request =
      MakeScoreRequest(options.model, options.data, options.rows);
  if (!request.ok()) return request.status();
  return Measurement(options, *request).Run();
}

}  // namespace advae
