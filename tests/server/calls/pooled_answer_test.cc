#include "server/calls/pooled_answer.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <new>
#include <utility>

#include "advae/v1/registry.grpc.pb.h"

namespace advae {
namespace {

using ::testing::HasSubstr;

// Answers ListModels by a function, on a thread of a pool.
class Service : public v1::ModelRegistry::CallbackService {
 public:
  Service(WorkPool& pool, std::function<absl::Status()> answer)
      : pool_(pool), answer_(std::move(answer)) {}

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest*,
                                       v1::ListModelsResponse*) override {
    return AnswerOn(pool_, *context, answer_);
  }

 private:
  WorkPool& pool_;
  const std::function<absl::Status()> answer_;
};

grpc::Status Ask(const std::function<absl::Status()>& answer) {
  WorkPool pool(/*threads=*/1, /*max_waiting=*/1);
  Service service(pool, answer);
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const auto stub = v1::ModelRegistry::NewStub(server->InProcessChannel({}));
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  return stub->ListModels(&context, {}, &response);
}

TEST(PooledAnswerTest, EndsTheCallWithTheAnswer) {
  EXPECT_TRUE(Ask([] { return absl::OkStatus(); }).ok());
  EXPECT_EQ(Ask([] { return absl::NotFoundError("no such model"); }).error_message(),
            "no such model");
}

TEST(PooledAnswerTest, SurvivesThatMemoryRunsOut) {
  const grpc::Status status = Ask([]() -> absl::Status { throw std::bad_alloc(); });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("memory ran out in the call"));
}

}  // namespace
}  // namespace advae
