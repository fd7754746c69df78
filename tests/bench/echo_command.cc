#include "tests/bench/echo_command.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "advae/v1/detector.grpc.pb.h"

namespace advae {
namespace {

// Calls of one completion queue that may be open at once, and more than a client of ours opens.
constexpr int kCallsPerQueue = 256;

void Answer(const v1::ScoreRequest& request, v1::ScoreResponse& response) {
  const int rows = request.rows().columns() == 0
                       ? 0
                       : request.rows().values_size() / static_cast<int>(request.rows().columns());
  response.set_model(request.model());
  response.set_version(1);
  response.set_alpha(0.1);
  response.set_threshold(1);
  response.mutable_scores()->Resize(rows, 0.5);
  response.mutable_p_values()->Resize(rows, 0.5);
  response.mutable_anomalies()->Resize(rows, false);
  response.mutable_statuses()->Resize(rows, v1::ROW_STATUS_OK);
}

// Serves one Score call after the other.
class EchoCall {
 public:
  EchoCall(v1::AnomalyDetector::AsyncService& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue) {
    Wait();
  }

  // What the call waited for has happened.
  void Advance(bool ok) {
    if (answered_ || !ok) return Wait();
    answered_ = true;
    Answer(open_->request, open_->response);
    open_->responder.Finish(open_->response, grpc::Status::OK, this);
  }

 private:
  struct Open {
    grpc::ServerContext context;
    v1::ScoreRequest request;
    v1::ScoreResponse response;
    grpc::ServerAsyncResponseWriter<v1::ScoreResponse> responder{&context};
  };

  void Wait() {
    answered_ = false;
    open_.emplace();
    service_.RequestScore(&open_->context, &open_->request, &open_->responder, &queue_, &queue_,
                          this);
  }

  v1::AnomalyDetector::AsyncService& service_;
  grpc::ServerCompletionQueue& queue_;
  std::optional<Open> open_;
  bool answered_ = false;
};

}  // namespace

absl::Status RunEcho() {
  v1::AnomalyDetector::AsyncService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(-1);
  builder.RegisterService(&service);
  std::vector<std::unique_ptr<grpc::ServerCompletionQueue>> queues;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    queues.push_back(builder.AddCompletionQueue());
  }
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return absl::UnavailableError("the echo server cannot listen");

  std::vector<std::jthread> threads;
  for (const auto& queue : queues) {
    threads.emplace_back([&service, &queue] {
      std::vector<std::unique_ptr<EchoCall>> calls;
      for (int i = 0; i < kCallsPerQueue; ++i) {
        calls.push_back(std::make_unique<EchoCall>(service, *queue));
      }
      void* tag = nullptr;
      bool ok = false;
      while (queue->Next(&tag, &ok)) static_cast<EchoCall*>(tag)->Advance(ok);
    });
  }
  std::printf("listening grpc=127.0.0.1:%d\n", port);
  std::fflush(stdout);
  server->Wait();
  return absl::OkStatus();
}

}  // namespace advae
