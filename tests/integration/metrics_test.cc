// The numbers at /metrics, after traffic that is known.

#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

class MetricsTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(StartServer());
  }

  // RPCs are counted when they have ended, which may be after the client has its answer.
  bool RpcsBecome(const std::string& method, const std::string& code, double expected) {
    return Eventually([&] {
      const auto page = server().Metrics();
      return page.ok() && page->Value(absl::StrCat("advae_rpc_duration_seconds_count{method=\"",
                                                   method, "\",code=\"", code, "\"}")) == expected;
    });
  }
};

TEST_F(MetricsTest, CountsRowsAlarmsAndInvalidRows) {
  v1::ScoreRequest request = ScoreRequestOf("pump", RandomRows(50, kRandomModelColumns, 3, 2));
  request.mutable_rows()->set_values(0, std::numeric_limits<float>::quiet_NaN());
  v1::ScoreResponse unary;
  ASSERT_THAT(Score(request, unary), IsOkRpc());
  ASSERT_THAT(ScoreStream(server().detector(), {request, request}).status, IsOkRpc());
  double alarms = 0, p_values = 0, certain = 0;
  for (int i = 1; i < unary.scores_size(); ++i) {
    alarms += unary.anomalies(i);
    p_values += unary.p_values(i);
    certain += unary.p_values(i) <= 0.1 ? 1 : 0;
  }
  ASSERT_GT(alarms, 0);
  ASSERT_LT(alarms, 49);

  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_rows_scored_total{model=\"pump\"}"), 3 * 49);
  EXPECT_EQ(page.Value("advae_invalid_rows_total{kind=\"nan\",model=\"pump\"}"), 3);
  EXPECT_EQ(page.Value("advae_invalid_rows_total{kind=\"infinite\",model=\"pump\"}"), 0);
  EXPECT_EQ(page.Value("advae_alarms_total{model=\"pump\"}"), 3 * alarms);
  EXPECT_EQ(page.Value("advae_p_value_count{model=\"pump\"}"), 3 * 49);
  EXPECT_EQ(page.Value("advae_p_value_bucket{model=\"pump\",le=\"0.1\"}"), 3 * certain);
  EXPECT_EQ(page.Value("advae_p_value_bucket{model=\"pump\",le=\"+Inf\"}"), 3 * 49);
  EXPECT_NEAR(page.Value("advae_p_value_sum{model=\"pump\"}").value_or(-1), 3 * p_values, 1e-4);
  EXPECT_EQ(page.Value("advae_batch_rows_sum"), 3 * 50);
  EXPECT_EQ(page.Value("advae_queued_rows"), 0);
}

TEST_F(MetricsTest, CountsRpcsByMethodAndCode) {
  const v1::ScoreRequest request = ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1));
  v1::ScoreResponse response;
  for (int i = 0; i < 3; ++i) ASSERT_THAT(Score(request, response), IsOkRpc());
  for (int i = 0; i < 2; ++i) {
    ASSERT_FALSE(Score(ScoreRequestOf("fan", RandomRows(1, 1, 1)), response).ok());
  }
  ASSERT_FALSE(Score(ScoreRequestOf("pump", RandomRows(1, 1, 1)), response).ok());
  ASSERT_THAT(ScoreStream(server().detector(), {request}).status, IsOkRpc());
  v1::GetModelResponse model;
  ASSERT_THAT(GetModel("pump", model), IsOkRpc());

  EXPECT_TRUE(RpcsBecome("AnomalyDetector/Score", "OK", 3));
  EXPECT_TRUE(RpcsBecome("AnomalyDetector/Score", "NOT_FOUND", 2));
  EXPECT_TRUE(RpcsBecome("AnomalyDetector/Score", "INVALID_ARGUMENT", 1));
  EXPECT_TRUE(RpcsBecome("AnomalyDetector/ScoreStream", "OK", 1));
  EXPECT_TRUE(RpcsBecome("ModelRegistry/GetModel", "OK", 1));
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_rpcs_in_flight{method=\"AnomalyDetector/Score\"}"), 0);
}

TEST_F(MetricsTest, ShowsAnOpenStreamAsInFlightAndACutOneAsCancelled) {
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1))));
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_rpcs_in_flight{method=\"AnomalyDetector/ScoreStream\"}"), 1);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(RpcsBecome("AnomalyDetector/ScoreStream", "CANCELLED", 1));
}

TEST_F(MetricsTest, ShowsWhatServes) {
  v1::GetModelResponse model;
  ASSERT_THAT(GetModel("pump", model), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_serving_version{model=\"pump\"}"), 1);
  EXPECT_EQ(page.Value("advae_versions{model=\"pump\"}"), 1);
  EXPECT_EQ(page.Value("advae_alpha{model=\"pump\"}"), 0.1);
  EXPECT_NEAR(page.Value("advae_threshold{model=\"pump\"}").value_or(0),
              model.summary().threshold().threshold(), 1e-9);

  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_alpha(0.25);
  request.set_apply(true);
  CallContext context;
  v1::ThresholdResponse applied;
  ASSERT_THAT(server().detector().Threshold(&context, request, &applied), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const MetricsPage after, server().Metrics());
  EXPECT_EQ(after.Value("advae_alpha{model=\"pump\"}"), 0.25);
  EXPECT_NEAR(after.Value("advae_threshold{model=\"pump\"}").value_or(0), applied.threshold(),
              1e-9);
}

TEST_F(MetricsTest, DropsTheSeriesOfADeletedModel) {
  v1::ScoreResponse response;
  ASSERT_THAT(Score(ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1)), response),
              IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const MetricsPage before, server().Metrics());
  EXPECT_TRUE(before.Mentions("\"pump\""));

  CallContext context;
  v1::DeleteModelRequest request;
  request.set_model("pump");
  v1::DeleteModelResponse deleted;
  ASSERT_THAT(server().registry().DeleteModel(&context, request, &deleted), IsOkRpc());
  EXPECT_TRUE(Eventually([this] {
    const auto page = server().Metrics();
    return page.ok() && !page->Mentions("\"pump\"");
  }));
}

TEST_F(MetricsTest, NamesThatNobodyKnowsMakeNoSeries) {
  v1::ScoreResponse response;
  ASSERT_FALSE(Score(ScoreRequestOf("stranger", RandomRows(1, 1, 1)), response).ok());
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_FALSE(page.Mentions("stranger"));
}

TEST_F(MetricsTest, TellsAboutProcessAndBuild) {
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_TRUE(page.Mentions("advae_build_info{version="));
  EXPECT_GT(page.Value("process_resident_memory_bytes").value_or(0), 1e6);
  EXPECT_GT(page.Value("process_start_time_seconds").value_or(0), 1e9);
  EXPECT_GT(page.Value("process_open_fds").value_or(0), 3);
  EXPECT_TRUE(page.Value("process_cpu_seconds_total").has_value());
}

}  // namespace
}  // namespace advae::testing
