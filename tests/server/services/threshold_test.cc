#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>

#include "model/scoring/loaded_version.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RpcFailsWith;

class ThresholdTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    Publish("pump");
    StartServer();
  }

  grpc::Status Ask(const v1::ThresholdRequest& request, v1::ThresholdResponse& response) {
    grpc::ClientContext context;
    return detector_->Threshold(&context, request, &response);
  }
  static v1::ThresholdRequest RequestFor(double alpha) {
    v1::ThresholdRequest request;
    request.set_model("pump");
    request.set_alpha(alpha);
    return request;
  }
};

TEST_F(ThresholdTest, AnswersForAnyAlpha) {
  const auto on_disk =
      *LoadedVersion::Create(*Repository::Open(config_.repository)->Load("pump", 1));
  v1::ThresholdResponse response;
  ASSERT_THAT(Ask(RequestFor(0.03), response), IsOkRpc());
  EXPECT_EQ(response.model(), "pump");
  EXPECT_EQ(response.version(), 1);
  EXPECT_EQ(response.alpha(), 0.03);
  EXPECT_EQ(response.threshold(), *on_disk->distribution().Threshold(0.03));
  EXPECT_EQ(response.bandwidth(), on_disk->distribution().bandwidth());
  EXPECT_EQ(response.training_scores(), 20);
  EXPECT_EQ(response.curve_size(), 0);
}

TEST_F(ThresholdTest, WithoutAlphaAnswersForTheOneInForce) {
  v1::ThresholdRequest request;
  request.set_model("pump");
  v1::ThresholdResponse response;
  ASSERT_THAT(Ask(request, response), IsOkRpc());
  EXPECT_EQ(response.alpha(), 0.1);
}

TEST_F(ThresholdTest, CurveRunsOverTheTrainingScores) {
  v1::ThresholdRequest request = RequestFor(0.1);
  request.set_curve_points(11);
  v1::ThresholdResponse response;
  ASSERT_THAT(Ask(request, response), IsOkRpc());
  ASSERT_EQ(response.curve_size(), 11);
  for (int i = 1; i < 11; ++i) {
    EXPECT_GT(response.curve(i).score(), response.curve(i - 1).score());
    EXPECT_GE(response.curve(i).cdf(), response.curve(i - 1).cdf());
    EXPECT_GE(response.curve(i).density(), 0);
  }
}

TEST_F(ThresholdTest, AppliedThresholdServesAndIsRemembered) {
  v1::ThresholdRequest request = RequestFor(0.4);
  request.set_apply(true);
  v1::ThresholdResponse applied;
  ASSERT_THAT(Ask(request, applied), IsOkRpc());

  server_.reset();
  StartServer();
  v1::ThresholdRequest current;
  current.set_model("pump");
  v1::ThresholdResponse response;
  ASSERT_THAT(Ask(current, response), IsOkRpc());
  EXPECT_EQ(response.alpha(), 0.4);
  EXPECT_EQ(response.threshold(), applied.threshold());

  v1::ScoreRequest score;
  score.set_model("pump");
  *score.mutable_rows() = testing::ToProto(testing::RandomRows(1, 3, 1));
  v1::ScoreResponse scored;
  grpc::ClientContext context;
  ASSERT_THAT(detector_->Score(&context, score, &scored), IsOkRpc());
  EXPECT_EQ(scored.threshold(), applied.threshold());

  v1::GetModelRequest get;
  get.set_model("pump");
  v1::GetModelResponse model;
  grpc::ClientContext get_context;
  ASSERT_THAT(registry_->GetModel(&get_context, get, &model), IsOkRpc());
  ASSERT_EQ(model.versions(0).threshold_history_size(), 2);
  EXPECT_EQ(model.versions(0).threshold_history(0).alpha(), 0.1);
  EXPECT_EQ(model.versions(0).threshold_history(1).alpha(), 0.4);
  EXPECT_EQ(model.versions(0).threshold_history(1).set_by(), "");  // it asked nobody
}

struct BadRequest {
  std::string name;
  std::function<void(v1::ThresholdRequest&)> spoil;
  grpc::StatusCode code;
  std::string message;
};
void PrintTo(const BadRequest& bad, std::ostream* out) { *out << bad.name; }

class BadThresholdTest : public ThresholdTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadThresholdTest, IsRefusedAndChangesNothing) {
  v1::ThresholdRequest request = RequestFor(0.2);
  request.set_apply(true);
  GetParam().spoil(request);
  v1::ThresholdResponse response;
  EXPECT_THAT(Ask(request, response), RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));
  v1::ThresholdRequest current;
  current.set_model("pump");
  ASSERT_THAT(Ask(current, response), IsOkRpc());
  EXPECT_EQ(response.alpha(), 0.1);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadThresholdTest,
    ::testing::Values(BadRequest{"Model", [](auto& r) { r.set_model("x"); },
                                 grpc::StatusCode::NOT_FOUND, "there is no model \"x\""},
                      BadRequest{"Version", [](auto& r) { r.set_version(2); },
                                 grpc::StatusCode::NOT_FOUND, "no version 2"},
                      BadRequest{"AlphaZero", [](auto& r) { r.set_alpha(0); },
                                 grpc::StatusCode::INVALID_ARGUMENT, "alpha"},
                      BadRequest{"AlphaAbove", [](auto& r) { r.set_alpha(1.5); },
                                 grpc::StatusCode::INVALID_ARGUMENT, "alpha"},
                      BadRequest{"Curve", [](auto& r) { r.set_curve_points(10'001); },
                                 grpc::StatusCode::INVALID_ARGUMENT, "at most 10000"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
