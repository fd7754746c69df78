// What does not fit into --max_memory is refused, and the server goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RandomRows;
using testing::RandomWeights;
using testing::RpcFailsWith;
using testing::ScoreRequestOf;

class MemoryCeilingTest : public testing::ServiceTest {
 protected:
  grpc::Status Score(const std::string& model, size_t rows, uint32_t top_features = 0) {
    grpc::ClientContext context;
    v1::ScoreRequest request = ScoreRequestOf(model, rows);
    request.set_top_features(top_features);
    v1::ScoreResponse response;
    return detector_->Score(&context, request, &response);
  }
};

TEST_F(MemoryCeilingTest, WhatIsTooLargeIsRefusedByNameAndTheRestIsServed) {
  config_.max_memory = 40 << 20;
  config_.ShareMemory();
  Publish("small");
  // 23 MB of weights; 20 MiB are for versions.
  constexpr size_t kHidden = 1700;
  const Matrix rows = RandomRows(2, 3, 1);
  v1::LatentPlanSpec plan;
  plan.set_samples(1);
  VersionBundle large =
      *BuildBundle({.model = "large", .latent_plan = plan}, rows.view(),
                   {.networks = {RandomWeights({3, kHidden, kHidden, 2, kHidden, kHidden}, 1)}},
                   *MinMaxScaler::Fit(rows.view()));
  large.info.mutable_hyperparameters()->set_hidden_size(kHidden);
  PublishBundle(large);
  StartServer();
  EXPECT_THAT(Score("large", 1),
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                           AllOf(HasSubstr("large"), HasSubstr("--max_models_memory"))));
  EXPECT_THAT(Score("small", 1), IsOkRpc());
  EXPECT_THAT(Score("small", 100'000, 3),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                           AllOf(HasSubstr("the call needs about"), HasSubstr("10485760 bytes"))));
  EXPECT_THAT(Score("small", 1), IsOkRpc());
}

}  // namespace
}  // namespace advae
