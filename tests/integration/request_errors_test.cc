// What the server says to requests that it refuses, without a trainer.

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A server with model "pump", versions 1 and 2 of which 2 serves.
class RequestErrorsTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
    ASSERT_NO_FATAL_FAILURE(StartServer({"--max_message_bytes=65536"}));
  }

  static v1::ScoreRequest ValidScoreRequest() {
    return ScoreRequestOf("pump", RandomRows(4, kRandomModelColumns, 1));
  }
};

// A request, made by changing a valid one, that is refused.
template <typename Request>
struct RefusedRequest {
  const char* name;
  std::function<void(Request&)> change;
  grpc::StatusCode code;
  std::string message;  // a part of it
};

template <typename Request>
void PrintTo(const RefusedRequest<Request>& refused, std::ostream* out) {
  *out << refused.name;
}

class RefusedScoreTest : public RequestErrorsTest,
                         public ::testing::WithParamInterface<RefusedRequest<v1::ScoreRequest>> {};

TEST_P(RefusedScoreTest, UnaryAndStream) {
  v1::ScoreRequest request = ValidScoreRequest();
  GetParam().change(request);
  v1::ScoreResponse response;
  EXPECT_THAT(Score(request, response),
              RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));

  // The refused request follows the first answer: gRPC itself refuses an oversized message, and
  // drops the answers that are still on their way.
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  ASSERT_TRUE(stream->Write(ValidScoreRequest()));
  EXPECT_TRUE(stream->Read(&response));
  stream->Write(request);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));

  // The server is none the worse.
  EXPECT_THAT(Score(ValidScoreRequest(), response), IsOkRpc());
}

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kNotFound = grpc::StatusCode::NOT_FOUND;

const RefusedRequest<v1::ScoreRequest> kRefusedScores[] = {
    {"NoModel", [](auto& r) { r.clear_model(); }, kInvalid, "model name '' (0 bytes)"},
    {"LongModel", [](auto& r) { r.set_model(std::string(20'000, 'a')); }, kInvalid,
     "(20000 bytes)"},
    {"UnknownModel", [](auto& r) { r.set_model("fan"); }, kNotFound, "there is no model"},
    {"UnknownVersion", [](auto& r) { r.set_version(3); }, kNotFound, "has no version 3"},
    {"VersionZero", [](auto& r) { r.set_version(0); }, kNotFound, "has no version 0"},
    {"NoMatrix", [](auto& r) { r.clear_rows(); }, kInvalid, "the matrix"},
    {"EmptyMatrix", [](auto& r) { r.mutable_rows()->clear_values(); }, kInvalid,
     "the matrix is empty; expected at least one row"},
    {"NoColumns", [](auto& r) { r.mutable_rows()->set_columns(0); }, kInvalid,
     "the matrix has 0 columns; expected 1 to 65536"},
    {"AbsurdColumns", [](auto& r) { r.mutable_rows()->set_columns(4'000'000'000); }, kInvalid,
     "the matrix has 4000000000 columns; expected 1 to 65536"},
    {"BrokenRow", [](auto& r) { r.mutable_rows()->add_values(1); }, kInvalid,
     "the matrix has 13 values, which is not a multiple of its 3 columns"},
    {"WrongColumns", [](auto& r) { r.mutable_rows()->set_columns(4); }, kInvalid,
     "the rows have 4 columns; model \"pump\" version 2 expects 3"},
    {"TooFewNames", [](auto& r) { r.mutable_rows()->add_feature_names("flow"); }, kInvalid,
     "the matrix has 1 feature names for 3 columns; expected one each, or none"},
    {"SwappedNames",
     [](auto& r) {
       for (const char* name : {"pressure", "flow", "temp\xc3\xa9rature"}) {
         r.mutable_rows()->add_feature_names(name);
       }
     },
     kInvalid, "column 0 is named \"pressure\"; model \"pump\" version 2 expects \"flow\" there"},
    {"LongName",
     [](auto& r) {
       for (int i = 0; i < 3; ++i) r.mutable_rows()->add_feature_names(std::string(20'000, 'a'));
     },
     kInvalid, "column 0 is named \"aaa"},
    {"AlphaZero", [](auto& r) { r.set_alpha(0); }, kInvalid, "alpha"},
    {"AlphaOne", [](auto& r) { r.set_alpha(1); }, kInvalid, "alpha"},
    {"AlphaNegative", [](auto& r) { r.set_alpha(-1); }, kInvalid, "alpha"},
    {"AlphaNaN", [](auto& r) { r.set_alpha(kNaN); }, kInvalid, "alpha"},
    {"AlphaInfinite", [](auto& r) { r.set_alpha(kInfinity); }, kInvalid, "alpha"},
    {"Oversized", [](auto& r) { r.mutable_rows()->mutable_values()->Resize(30'000, 0); },
     grpc::StatusCode::RESOURCE_EXHAUSTED, "larger than max"},
};

INSTANTIATE_TEST_SUITE_P(Requests, RefusedScoreTest, ::testing::ValuesIn(kRefusedScores),
                         [](const auto& info) { return info.param.name; });

class RefusedThresholdTest
    : public RequestErrorsTest,
      public ::testing::WithParamInterface<RefusedRequest<v1::ThresholdRequest>> {};

TEST_P(RefusedThresholdTest, LeavesTheThresholdAlone) {
  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_apply(true);
  GetParam().change(request);
  CallContext context;
  v1::ThresholdResponse response;
  EXPECT_THAT(server().detector().Threshold(&context, request, &response),
              RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));
  v1::GetModelResponse model;
  ASSERT_THAT(GetModel("pump", model), IsOkRpc());
  EXPECT_EQ(model.versions(1).threshold_history_size(), 1);
}

const RefusedRequest<v1::ThresholdRequest> kRefusedThresholds[] = {
    {"UnknownModel", [](auto& r) { r.set_model("fan"); }, kNotFound, "there is no model"},
    {"UnknownVersion", [](auto& r) { r.set_version(9); }, kNotFound, "has no version 9"},
    {"AlphaZero", [](auto& r) { r.set_alpha(0); }, kInvalid, "alpha"},
    {"AlphaOne", [](auto& r) { r.set_alpha(1); }, kInvalid, "alpha"},
    {"AlphaNaN", [](auto& r) { r.set_alpha(kNaN); }, kInvalid, "alpha"},
    {"TooManyPoints", [](auto& r) { r.set_curve_points(10'001); }, kInvalid,
     "curve_points is 10001; expected at most 10000"},
};

INSTANTIATE_TEST_SUITE_P(Requests, RefusedThresholdTest, ::testing::ValuesIn(kRefusedThresholds),
                         [](const auto& info) { return info.param.name; });

TEST_F(RequestErrorsTest, RowsThatAreNotFiniteAreReportedOneByOne) {
  v1::ScoreRequest request = ValidScoreRequest();
  request.mutable_rows()->set_values(1 * kRandomModelColumns, kNaN);
  request.mutable_rows()->set_values(3 * kRandomModelColumns + 2, -kInfinity);
  request.set_top_features(1);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_THAT(response.statuses(),
              ::testing::ElementsAre(v1::ROW_STATUS_OK, v1::ROW_STATUS_NOT_FINITE,
                                     v1::ROW_STATUS_OK, v1::ROW_STATUS_NOT_FINITE));
  ASSERT_EQ(response.explanations_size(), 4);
  EXPECT_TRUE(std::isnan(response.scores(1)));
  EXPECT_TRUE(std::isnan(response.p_values(1)));
  EXPECT_EQ(response.scores(3), kInfinity);
  EXPECT_EQ(response.p_values(3), 0);
  for (const int bad : {1, 3}) {
    EXPECT_TRUE(response.anomalies(bad));
    EXPECT_EQ(response.explanations(bad).contributions_size(), 0);
  }

  v1::ScoreResponse clean;
  ASSERT_THAT(Score(ValidScoreRequest(), clean), IsOkRpc());
  for (const int good : {0, 2}) EXPECT_EQ(response.scores(good), clean.scores(good));
}

TEST_F(RequestErrorsTest, MoreTopFeaturesThanThereAreMeansAll) {
  v1::ScoreRequest request = ValidScoreRequest();
  request.set_top_features(std::numeric_limits<uint32_t>::max());
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.explanations(0).contributions_size(), kRandomModelColumns);
}

TEST_F(RequestErrorsTest, AMethodThatDoesNotExistIsUnimplemented) {
  grpc::CompletionQueue queue;
  CallContext context;
  grpc::TemplatedGenericStub<v1::ListModelsRequest, v1::ListModelsResponse> stub(
      server().channel());
  const auto call =
      stub.PrepareUnaryCall(&context, "/advae.v1.AnomalyDetector/NoSuchMethod", {}, &queue);
  v1::ListModelsResponse response;
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(RequestErrorsTest, AStreamWithoutRequestsEndsWell) {
  const auto stream = ScoreStream(server().detector(), {});
  EXPECT_THAT(stream.status, IsOkRpc());
  EXPECT_TRUE(stream.responses.empty());
}

TEST_F(RequestErrorsTest, CuttingAScoreStreamHurtsNobody) {
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(ValidScoreRequest()));
  ASSERT_TRUE(stream->Read(&response));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(Score(ValidScoreRequest(), response), IsOkRpc());
}

}  // namespace
}  // namespace advae::testing
