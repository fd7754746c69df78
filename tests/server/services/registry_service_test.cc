#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "inference/inference.grpc.pb.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RandomRows;
using testing::RpcFailsWith;
using testing::ToProto;

class RegistryServiceTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    Publish("pump");
    Publish("pump", 2);
    Publish("fan");
    StartServer();
  }

  template <typename Response, typename Request, typename Method>
  Response Call(Method method, const Request& request, grpc::Status* status = nullptr) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status outcome = ((*registry_).*method)(&context, request, &response);
    if (status != nullptr) {
      *status = outcome;
    } else {
      EXPECT_THAT(outcome, IsOkRpc());
    }
    return response;
  }

  template <typename Request>
  static Request Named(const std::string& model) {
    Request request;
    request.set_model(model);
    return request;
  }
  template <typename Request>
  static Request Named(const std::string& model, uint64_t version) {
    Request request = Named<Request>(model);
    request.set_version(version);
    return request;
  }

  using Stub = v1::ModelRegistry::Stub;
};

TEST_F(RegistryServiceTest, ListsModelsByName) {
  const auto list = Call<v1::ListModelsResponse>(&Stub::ListModels, v1::ListModelsRequest());
  ASSERT_EQ(list.models_size(), 2);
  EXPECT_EQ(list.models(0).model(), "fan");
  EXPECT_EQ(list.models(1).model(), "pump");
  EXPECT_THAT(list.models(1).versions(), ElementsAre(1, 2));
  EXPECT_EQ(list.models(1).serving_version(), 2);
  EXPECT_EQ(list.models(1).features(), 3);
  EXPECT_EQ(list.models(1).threshold().alpha(), 0.1);
  EXPECT_FALSE(list.models(1).training());
}

TEST_F(RegistryServiceTest, GetGivesTheFullMetadata) {
  const auto model =
      Call<v1::GetModelResponse>(&Stub::GetModel, Named<v1::GetModelRequest>("pump"));
  ASSERT_EQ(model.versions_size(), 2);
  const v1::VersionInfo& version = model.versions(1);
  EXPECT_EQ(version.version(), 2);
  EXPECT_EQ(version.origin(), v1::ORIGIN_IMPORTED);
  EXPECT_EQ(version.features(0).name(), "flow");
  EXPECT_LT(version.features(0).minimum(), version.features(0).maximum());
  EXPECT_EQ(version.training_rows(), 20);
  EXPECT_EQ(version.data_fingerprint().size(), 64);
  EXPECT_GT(version.score_quantiles_size(), 2);
  EXPECT_GT(version.bandwidth(), 0);
  EXPECT_EQ(version.latent_plan().sampler(), v1::SAMPLER_SOBOL);
}

TEST_F(RegistryServiceTest, TellsWhichVersionAnswersForOneThatCannotBeLoaded) {
  server_.reset();
  std::filesystem::resize_file(config_.repository / "pump" / "2" / "weights.safetensors", 100);
  StartServer();
  const auto model =
      Call<v1::GetModelResponse>(&Stub::GetModel, Named<v1::GetModelRequest>("pump"));
  EXPECT_EQ(model.summary().serving_version(), 1);
  ASSERT_EQ(model.left_out_versions_size(), 1);
  EXPECT_EQ(model.left_out_versions(0).version(), 2);
  const std::string reason =
      "it cannot be loaded; the server's log says why; it was to serve, and version 1 answers "
      "instead";
  EXPECT_EQ(model.left_out_versions(0).reason(), reason);

  const auto inference = inference::GRPCInferenceService::NewStub(
      grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  inference::RepositoryIndexResponse index;
  ASSERT_THAT(inference->RepositoryIndex(&context, {}, &index), IsOkRpc());
  ASSERT_EQ(index.models_size(), 3);
  EXPECT_EQ(index.models(2).version(), "2");
  EXPECT_EQ(index.models(2).state(), "UNAVAILABLE");
  EXPECT_EQ(index.models(2).reason(), reason);

  // Once another is chosen, nobody answers instead.
  const auto set = Call<v1::SetServingVersionResponse>(
      &Stub::SetServingVersion, Named<v1::SetServingVersionRequest>("pump", 1));
  EXPECT_EQ(set.summary().serving_version(), 1);
  EXPECT_EQ(Call<v1::GetModelResponse>(&Stub::GetModel, Named<v1::GetModelRequest>("pump"))
                .left_out_versions(0)
                .reason(),
            "it cannot be loaded; the server's log says why");
}

TEST_F(RegistryServiceTest, ChangesTheServingVersion) {
  const auto response = Call<v1::SetServingVersionResponse>(
      &Stub::SetServingVersion, Named<v1::SetServingVersionRequest>("pump", 1));
  EXPECT_EQ(response.summary().serving_version(), 1);
}

TEST_F(RegistryServiceTest, DeletesVersionsAndModels) {
  const auto response = Call<v1::DeleteVersionResponse>(&Stub::DeleteVersion,
                                                        Named<v1::DeleteVersionRequest>("pump", 1));
  EXPECT_THAT(response.summary().versions(), ElementsAre(2));
  grpc::Status status;
  Call<v1::DeleteVersionResponse>(&Stub::DeleteVersion, Named<v1::DeleteVersionRequest>("pump", 2),
                                  &status);
  EXPECT_THAT(status,
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION, HasSubstr("serving version")));
  Call<v1::DeleteModelResponse>(&Stub::DeleteModel, Named<v1::DeleteModelRequest>("pump"));
  const auto list = Call<v1::ListModelsResponse>(&Stub::ListModels, v1::ListModelsRequest());
  EXPECT_EQ(list.models_size(), 1);
}

TEST_F(RegistryServiceTest, RestoresADeletedVersion) {
  const absl::Time start = absl::Now();
  const auto deleted = Call<v1::DeleteVersionResponse>(&Stub::DeleteVersion,
                                                       Named<v1::DeleteVersionRequest>("pump", 1));
  EXPECT_GE(deleted.expire_time().seconds(), absl::ToUnixSeconds(start + config_.keep_deleted));
  const auto list =
      Call<v1::ListDeletedResponse>(&Stub::ListDeleted, Named<v1::ListDeletedRequest>("pump"));
  ASSERT_EQ(list.versions_size(), 1);
  EXPECT_EQ(list.versions(0).model(), "pump");
  EXPECT_EQ(list.versions(0).version(), 1);
  EXPECT_GE(list.versions(0).delete_time().seconds(), absl::ToUnixSeconds(start));
  EXPECT_EQ(list.versions(0).expire_time().SerializeAsString(),
            deleted.expire_time().SerializeAsString());

  const auto restored =
      Call<v1::UndeleteResponse>(&Stub::Undelete, Named<v1::UndeleteRequest>("pump", 1));
  EXPECT_THAT(restored.restored_versions(), ElementsAre(1));
  EXPECT_THAT(restored.summary().versions(), ElementsAre(1, 2));
  EXPECT_EQ(restored.summary().serving_version(), 2);
  v1::ScoreRequest request = testing::ScoreRequestOf("pump", 2);
  request.set_version(1);
  v1::ScoreResponse scores;
  grpc::ClientContext context;
  EXPECT_THAT(detector_->Score(&context, request, &scores), IsOkRpc());
}

TEST_F(RegistryServiceTest, RestoresADeletedModelWithTheVersionThatServed) {
  Call<v1::SetServingVersionResponse>(&Stub::SetServingVersion,
                                      Named<v1::SetServingVersionRequest>("pump", 1));
  const auto deleted =
      Call<v1::DeleteModelResponse>(&Stub::DeleteModel, Named<v1::DeleteModelRequest>("pump"));
  EXPECT_TRUE(deleted.has_expire_time());
  Call<v1::DeleteModelResponse>(&Stub::DeleteModel, Named<v1::DeleteModelRequest>("fan"));
  const auto list = Call<v1::ListDeletedResponse>(&Stub::ListDeleted, v1::ListDeletedRequest());
  ASSERT_EQ(list.versions_size(), 3);
  EXPECT_EQ(list.versions(0).model(), "fan");
  EXPECT_EQ(list.versions(1).version(), 2);

  const auto restored =
      Call<v1::UndeleteResponse>(&Stub::Undelete, Named<v1::UndeleteRequest>("pump"));
  EXPECT_THAT(restored.restored_versions(), ElementsAre(1, 2));
  EXPECT_EQ(restored.summary().serving_version(), 1);
  v1::ScoreResponse scores;
  grpc::ClientContext context;
  EXPECT_THAT(detector_->Score(&context, testing::ScoreRequestOf("pump", 2), &scores), IsOkRpc());
  EXPECT_EQ(scores.version(), 1);
}

TEST_F(RegistryServiceTest, WhatIsDeletedPermanentlyIsNotRestored) {
  auto request = Named<v1::DeleteVersionRequest>("pump", 1);
  Call<v1::DeleteVersionResponse>(&Stub::DeleteVersion, request);
  // What is kept goes, too.
  request.set_permanently(true);
  const auto deleted = Call<v1::DeleteVersionResponse>(&Stub::DeleteVersion, request);
  EXPECT_FALSE(deleted.has_expire_time());
  EXPECT_THAT(deleted.summary().versions(), ElementsAre(2));
  grpc::Status status;
  Call<v1::UndeleteResponse>(&Stub::Undelete, Named<v1::UndeleteRequest>("pump", 1), &status);
  EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::NOT_FOUND,
                                   "no deleted version 1 of model 'pump' is kept; this server "
                                   "keeps what is deleted for 168h (--keep_deleted)"));
  auto model = Named<v1::DeleteModelRequest>("pump");
  model.set_permanently(true);
  EXPECT_FALSE(Call<v1::DeleteModelResponse>(&Stub::DeleteModel, model).has_expire_time());
  Call<v1::UndeleteResponse>(&Stub::Undelete, Named<v1::UndeleteRequest>("pump"), &status);
  EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("of model 'pump'")));
  Call<v1::DeleteModelResponse>(&Stub::DeleteModel, model, &status);
  EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("no model \"pump\"")));
}

TEST_F(RegistryServiceTest, RestoresWhatCannotBeLoaded) {
  std::filesystem::resize_file(config_.repository / "fan" / "1" / "weights.safetensors", 10);
  Call<v1::DeleteModelResponse>(&Stub::DeleteModel, Named<v1::DeleteModelRequest>("fan"));
  const auto restored =
      Call<v1::UndeleteResponse>(&Stub::Undelete, Named<v1::UndeleteRequest>("fan"));
  EXPECT_THAT(restored.restored_versions(), ElementsAre(1));
  EXPECT_EQ(restored.summary().model(), "fan");
  EXPECT_EQ(restored.summary().versions_size(), 0);
}

TEST_F(RegistryServiceTest, AServerThatKeepsNothingDeletesAtOnce) {
  server_.reset();
  config_.keep_deleted = absl::ZeroDuration();
  StartServer();
  EXPECT_FALSE(
      Call<v1::DeleteModelResponse>(&Stub::DeleteModel, Named<v1::DeleteModelRequest>("pump"))
          .has_expire_time());
  EXPECT_EQ(
      Call<v1::ListDeletedResponse>(&Stub::ListDeleted, v1::ListDeletedRequest()).versions_size(),
      0);
}

TEST_F(RegistryServiceTest, UnknownModelsAndVersionsAreNotFound) {
  grpc::Status status;
  Call<v1::GetModelResponse>(&Stub::GetModel, Named<v1::GetModelRequest>("x"), &status);
  EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("no model \"x\"")));
  Call<v1::DeleteModelResponse>(&Stub::DeleteModel, Named<v1::DeleteModelRequest>("../fan"),
                                &status);
  EXPECT_THAT(status,
              RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr("model name '../fan'")));
  Call<v1::SetServingVersionResponse>(&Stub::SetServingVersion,
                                      Named<v1::SetServingVersionRequest>("fan", 0), &status);
  EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("no version 0")));
}

v1::ImportVersionRequest Spec(const std::string& model) {
  v1::ImportVersionRequest request;
  request.mutable_spec()->set_model(model);
  return request;
}
v1::ImportVersionRequest Encoder() {
  v1::ImportVersionRequest request;
  request.set_encoder_chunk("bytes");
  return request;
}
v1::ImportVersionRequest Generator() {
  v1::ImportVersionRequest request;
  request.set_generator_chunk("bytes");
  return request;
}
v1::ImportVersionRequest Rows() {
  v1::ImportVersionRequest request;
  *request.mutable_rows() = ToProto(RandomRows(20, 3, 1));
  return request;
}

class ImportTest : public RegistryServiceTest {
 protected:
  grpc::Status Import(const std::vector<v1::ImportVersionRequest>& messages,
                      v1::ImportVersionResponse& response) {
    grpc::ClientContext context;
    const auto stream = registry_->ImportVersion(&context, &response);
    for (const auto& message : messages) {
      if (!stream->Write(message)) break;
    }
    stream->WritesDone();
    return stream->Finish();
  }
};

TEST_F(ImportTest, PublishesAVersion) {
  v1::ImportVersionResponse response;
  ASSERT_THAT(Import({Spec("valve"), Encoder(), Rows(), Generator(), Encoder()}, response),
              IsOkRpc());
  EXPECT_EQ(response.version().model(), "valve");
  EXPECT_EQ(response.version().version(), 1);
}

struct BadImport {
  std::string name;
  std::vector<v1::ImportVersionRequest> messages;
  std::string message;
};
void PrintTo(const BadImport& bad, std::ostream* out) { *out << bad.name; }

class BadImportTest : public ImportTest, public ::testing::WithParamInterface<BadImport> {};

TEST_P(BadImportTest, IsRefused) {
  for (int i = 0; i < 2; ++i) {
    v1::ImportVersionResponse response;
    EXPECT_THAT(Import(GetParam().messages, response),
                RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr(GetParam().message)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BadImportTest,
    ::testing::Values(
        BadImport{"Nothing", {}, "no spec was sent"},
        BadImport{"NoSpec", {Encoder()}, "the first message has no spec"},
        BadImport{"SpecTwice", {Spec("valve"), Spec("valve")}, "the spec was sent twice"},
        BadImport{"Empty", {Spec("valve"), {}}, "a message is empty"},
        BadImport{"NoEncoder", {Spec("valve"), Generator(), Rows()}, "no bytes of the encoder"},
        BadImport{"NoGenerator", {Spec("valve"), Encoder(), Rows()}, "no bytes of the generator"},
        BadImport{"NoRows", {Spec("valve"), Encoder(), Generator()}, "no training rows"},
        BadImport{"Name", {Spec("a/b")}, "model name"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
