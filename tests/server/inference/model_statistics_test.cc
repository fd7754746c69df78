// ModelStatistics and ModelConfig over a real connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "inference/inference.grpc.pb.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/small_table.h"

namespace advae {
namespace {

using inference::InferStatistics;
using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RandomRows;
using testing::RpcFailsWith;
using testing::ToProto;

class ModelStatisticsTest : public testing::ServiceTest {
 protected:
  void Start() {
    StartServer();
    stub_ = inference::GRPCInferenceService::NewStub(
        grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  }

  grpc::Status Ask(const std::string& name, const std::string& version,
                   inference::ModelStatisticsResponse& response) {
    inference::ModelStatisticsRequest request;
    request.set_name(name);
    request.set_version(version);
    grpc::ClientContext context;
    response.Clear();
    return stub_->ModelStatistics(&context, request, &response);
  }
  inference::ModelStatistics Of(const std::string& name, const std::string& version) {
    inference::ModelStatisticsResponse response;
    EXPECT_THAT(Ask(name, version, response), IsOkRpc());
    EXPECT_EQ(response.model_stats_size(), 1);
    return response.model_stats(0);
  }

  grpc::StatusCode Score(const std::string& model, uint64_t version, size_t rows,
                         uint32_t columns = 3) {
    v1::ScoreRequest request;
    request.set_model(model);
    request.set_version(version);
    *request.mutable_rows() = ToProto(RandomRows(rows, columns, 1));
    grpc::ClientContext context;
    v1::ScoreResponse response;
    return detector_->Score(&context, request, &response).error_code();
  }

  // Of one tensor of ones.
  static inference::ModelInferRequest InferRequest(const std::string& model, int64_t rows) {
    inference::ModelInferRequest request;
    request.set_model_name(model);
    auto& input = *request.add_inputs();
    input.set_name("rows");
    input.set_datatype("FP32");
    input.add_shape(rows);
    input.add_shape(3);
    for (int i = 0; i < 3 * rows; ++i) input.mutable_contents()->add_fp32_contents(1);
    return request;
  }

  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
};

// The parts of the time of a request make up the whole.
void ExpectSum(const InferStatistics& requests) {
  EXPECT_EQ(requests.success().ns(), requests.queue().ns() + requests.compute_input().ns() +
                                         requests.compute_infer().ns() +
                                         requests.compute_output().ns());
  for (const auto* part : {&requests.queue(), &requests.compute_input(), &requests.compute_infer(),
                           &requests.compute_output()}) {
    EXPECT_EQ(part->count(), requests.success().count());
  }
}

TEST_F(ModelStatisticsTest, CountsByVersionWhateverScored) {
  Publish("pump", 1);
  Publish("pump", 2);
  Start();
  const uint64_t before = absl::ToUnixMillis(absl::Now());
  ASSERT_EQ(Score("pump", 1, 5), grpc::StatusCode::OK);
  ASSERT_EQ(Score("pump", 1, 7), grpc::StatusCode::OK);
  ASSERT_EQ(Score("pump", 1, 7, 4), grpc::StatusCode::INVALID_ARGUMENT);

  inference::ModelStatistics first = Of("pump", "1");
  EXPECT_EQ(first.name(), "pump");
  EXPECT_EQ(first.version(), "1");
  EXPECT_EQ(first.inference_count(), 12);
  EXPECT_EQ(first.execution_count(), 2);
  EXPECT_GE(first.last_inference(), before);
  EXPECT_LE(first.last_inference(), absl::ToUnixMillis(absl::Now()));
  EXPECT_EQ(first.inference_stats().success().count(), 2);
  EXPECT_EQ(first.inference_stats().fail().count(), 1);
  EXPECT_GT(first.inference_stats().fail().ns(), 0);
  EXPECT_GT(first.inference_stats().compute_infer().ns(), 0);
  ExpectSum(first.inference_stats());
  ASSERT_EQ(first.batch_stats_size(), 2);
  EXPECT_EQ(first.batch_stats(0).batch_size(), 5);
  EXPECT_EQ(first.batch_stats(1).batch_size(), 7);
  EXPECT_EQ(first.batch_stats(1).compute_infer().count(), 1);
  EXPECT_LE(first.batch_stats(1).compute_infer().ns(),
            first.inference_stats().compute_infer().ns());

  inference::ModelStatistics second = Of("pump", "2");
  EXPECT_EQ(second.inference_count(), 0);
  EXPECT_EQ(second.last_inference(), 0);
  EXPECT_EQ(second.batch_stats_size(), 0);

  // The serving version, by tensors, alone and in a stream.
  grpc::ClientContext context, stream_context, bad_context;
  inference::ModelInferResponse answer;
  ASSERT_THAT(stub_->ModelInfer(&context, InferRequest("pump", 2), &answer), IsOkRpc());
  inference::ModelInferRequest bad = InferRequest("pump", 2);
  bad.mutable_inputs(0)->set_datatype("FP16");
  EXPECT_EQ(stub_->ModelInfer(&bad_context, bad, &answer).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  const auto stream = stub_->ModelStreamInfer(&stream_context);
  inference::ModelStreamInferResponse streamed;
  for (const auto& request : {bad, InferRequest("pump", 3)}) {
    stream->Write(request);
    ASSERT_TRUE(stream->Read(&streamed));
  }
  stream->WritesDone();
  ASSERT_THAT(stream->Finish(), IsOkRpc());
  second = Of("pump", "2");
  EXPECT_EQ(second.inference_count(), 5);
  EXPECT_EQ(second.inference_stats().success().count(), 2);
  EXPECT_EQ(second.inference_stats().fail().count(), 2);
  ExpectSum(second.inference_stats());
  EXPECT_EQ(Of("pump", "1").inference_count(), 12);
}

TEST_F(ModelStatisticsTest, CountsBatchesAsTheQueueMakesThem) {
  Publish("pump");
  config_.batching.max_batch_rows = 10;
  // Nothing is scored by the thread that brings it.
  config_.batching.max_batch_delay = absl::Microseconds(1);
  Start();
  ASSERT_EQ(Score("pump", 1, 25), grpc::StatusCode::OK);
  const inference::ModelStatistics counted = Of("pump", "");
  EXPECT_EQ(counted.inference_count(), 25);
  EXPECT_EQ(counted.execution_count(), 3);
  ASSERT_EQ(counted.batch_stats_size(), 2);
  EXPECT_EQ(counted.batch_stats(0).batch_size(), 5);
  EXPECT_EQ(counted.batch_stats(1).batch_size(), 10);
  EXPECT_EQ(counted.batch_stats(1).compute_infer().count(), 2);
  EXPECT_GT(counted.inference_stats().queue().ns(), 0);
  ExpectSum(counted.inference_stats());
}

TEST_F(ModelStatisticsTest, ListsModelsByNameAndVersion) {
  Publish("pump");
  Publish("pump", 2);
  Publish("fan");
  Start();
  inference::ModelStatisticsResponse response;
  ASSERT_THAT(Ask("", "", response), IsOkRpc());
  std::string listed;
  for (const auto& model : response.model_stats()) listed += model.name() + model.version() + " ";
  EXPECT_EQ(listed, "fan1 pump1 pump2 ");
  ASSERT_THAT(Ask("pump", "", response), IsOkRpc());
  EXPECT_EQ(response.model_stats_size(), 2);

  EXPECT_THAT(Ask("none", "", response),
              RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("none")));
  EXPECT_THAT(Ask("pump", "3", response),
              RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("version 3")));
  constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
  EXPECT_THAT(Ask("pump", "x", response), RpcFailsWith(kInvalid, HasSubstr("number of a version")));
  EXPECT_THAT(Ask("", "1", response), RpcFailsWith(kInvalid, HasSubstr("the name of a model")));
  EXPECT_THAT(Ask("../a", "", response), RpcFailsWith(kInvalid, HasSubstr("model name")));
}

TEST_F(ModelStatisticsTest, OutliveChangesOfTheModel) {
  Publish("pump");
  Start();
  ASSERT_EQ(Score("pump", 1, 5), grpc::StatusCode::OK);
  v1::ThresholdRequest threshold;
  threshold.set_model("pump");
  threshold.set_alpha(0.2);
  threshold.set_apply(true);
  v1::ThresholdResponse applied;
  grpc::ClientContext context;
  ASSERT_THAT(detector_->Threshold(&context, threshold, &applied), IsOkRpc());
  EXPECT_EQ(Of("pump", "1").inference_count(), 5);
  ASSERT_EQ(Score("pump", 1, 5), grpc::StatusCode::OK);
  EXPECT_EQ(Of("pump", "1").inference_count(), 10);
}

TEST_F(ModelStatisticsTest, AreRefusedAboveTheLimitOfAnswers) {
  for (int i = 0; i < 3; ++i) Publish("pump", i);
  config_.max_response_bytes = 6000;
  Start();
  inference::ModelStatisticsResponse response;
  EXPECT_THAT(Ask("", "", response), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                                  HasSubstr("ask for one model, or one version")));
  EXPECT_THAT(Ask("pump", "2", response), IsOkRpc());
}

using ModelConfigTest = ModelStatisticsTest;

TEST_F(ModelConfigTest, DescribesRowsAndColumns) {
  Publish("pump");
  PublishBundle(*testing::PumpBundle("table"));
  Start();
  inference::ModelConfigRequest request;
  request.set_name("pump");
  inference::ModelConfigResponse response;
  grpc::ClientContext context, table_context, metadata_context, unknown_context;
  ASSERT_THAT(stub_->ModelConfig(&context, request, &response), IsOkRpc());
  EXPECT_EQ(response.config().name(), "pump");
  EXPECT_EQ(response.config().platform(), "advae");
  EXPECT_EQ(response.config().max_batch_size(), 0);
  EXPECT_TRUE(response.config().version_policy().has_all());
  ASSERT_EQ(response.config().input_size(), 1);
  EXPECT_EQ(response.config().input(0).ShortDebugString(),
            "name: \"rows\" data_type: TYPE_FP32 dims: -1 dims: 3");
  EXPECT_EQ(response.config().output(3).ShortDebugString(),
            "name: \"status\" data_type: TYPE_STRING dims: -1");

  request.set_name("table");
  ASSERT_THAT(stub_->ModelConfig(&table_context, request, &response), IsOkRpc());
  inference::ModelMetadataRequest metadata_request;
  metadata_request.set_name("table");
  inference::ModelMetadataResponse metadata;
  ASSERT_THAT(stub_->ModelMetadata(&metadata_context, metadata_request, &metadata), IsOkRpc());
  const std::map<std::string, inference::DataType> types = {{"BOOL", inference::TYPE_BOOL},
                                                            {"BYTES", inference::TYPE_STRING},
                                                            {"FP64", inference::TYPE_FP64},
                                                            {"INT64", inference::TYPE_INT64}};
  ASSERT_EQ(response.config().input_size(), metadata.inputs_size());
  for (int i = 0; i < metadata.inputs_size(); ++i) {
    EXPECT_EQ(response.config().input(i).name(), metadata.inputs(i).name());
    EXPECT_EQ(response.config().input(i).data_type(), types.at(metadata.inputs(i).datatype()));
  }

  request.set_name("none");
  EXPECT_THAT(stub_->ModelConfig(&unknown_context, request, &response),
              RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("none")));
}

}  // namespace
}  // namespace advae
