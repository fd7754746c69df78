// A model that is legal and takes a long time for a row, beside others.

#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using testing::IsOkRpc;
using testing::ScoreRequestOf;

constexpr size_t kHidden = 512;
constexpr uint32_t kSamples = 65'536;

class HeavyModelTest : public testing::ServiceTest {
 protected:
  // As a training with --hidden-size=512 and --samples=65536 would publish it, but for the scores
  // of its training rows, which would take as long.
  void PublishHeavy() {
    VersionBundle bundle = *testing::RandomBundle("heavy");
    bundle.ensemble.front().networks =
        testing::RandomWeights({3, 5, 4, 2, kHidden, kHidden}, /*seed=*/1);
    v1::LatentPlanSpec spec = bundle.info.latent_plan();
    spec.set_samples(kSamples);
    *bundle.info.mutable_latent_plan() = spec;
    bundle.plan = *DrawLatentPlan(spec, /*latent_size=*/2, /*default_seed=*/1);
    const auto repository = Repository::Open(config_.repository);
    ASSERT_THAT(repository, testing::IsOk());
    ASSERT_THAT(repository->Publish(bundle), testing::IsOk());
  }
};

TEST_F(HeavyModelTest, OthersAreServedBesideItAndItHoldsUpNoStop) {
  config_.scoring_threads = 1;
  config_.drain_timeout = absl::Milliseconds(50);
  config_.batching.max_queue_wait = absl::Hours(1);  // sanitizers are slow
  Publish("pump");
  PublishHeavy();
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
