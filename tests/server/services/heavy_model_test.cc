// A model that is legal and takes a long time for a row, beside others.

#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using testing::IsOkRpc;
using testing::ScoreRequestOf;

class HeavyModelTest : public testing::ServiceTest {};

TEST_F(HeavyModelTest, OthersAreServedBesideItAndItHoldsUpNoStop) {
  config_.scoring_threads = 1;
  config_.drain_timeout = absl::Milliseconds(50);
  config_.batching.max_queue_wait = absl::Hours(1);  // sanitizers are slow
  Publish("pump");
  PublishBundle(testing::HeavyBundle("heavy"));
  StartServer();
  grpc::ClientContext heavy_context;
  grpc::Status heavy_status;
  std::thread heavy([&] {
    const v1::ScoreRequest request = ScoreRequestOf("heavy", 10'000);  // hours of work
    v1::ScoreResponse response;
    heavy_status = detector_->Score(&heavy_context, request, &response);
  });
  const absl::Time start = absl::Now();
  const v1::ScoreRequest request = ScoreRequestOf("pump", 5000);  // too many to be scored at once
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    v1::ScoreResponse response;
    EXPECT_THAT(detector_->Score(&context, request, &response), IsOkRpc());
  }
  server_.reset();
  heavy.join();
  EXPECT_FALSE(heavy_status.ok());
  // Far less than the rows take.
  EXPECT_LT(absl::Now() - start, absl::Minutes(10));
}

}  // namespace
}  // namespace advae
