// A port of its own for changes: what each of the two ports answers, and to whom.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/access/token.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/loopback_socket.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkRpc;
using testing::LoopbackSocket;
using ::testing::Not;
using testing::RandomRows;
using testing::RpcFailsWith;
using testing::ScoreRequestOf;
using ::testing::StartsWith;
using testing::ToProto;

// The services at one port, called with one token.
class Port {
 public:
  explicit Port(const std::string& address, std::string token = "")
      : token_(std::move(token)),
        channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())),
        detector_(v1::AnomalyDetector::NewStub(channel_)),
        registry_(v1::ModelRegistry::NewStub(channel_)) {}

  grpc::Status Score() {
    v1::ScoreResponse response;
    return CallDetector(&v1::AnomalyDetector::Stub::Score, ScoreRequestOf("pump", 2), response);
  }
  grpc::Status Threshold(bool apply) {
    v1::ThresholdRequest request;
    request.set_model("pump");
    request.set_alpha(0.2);
    request.set_apply(apply);
    v1::ThresholdResponse response;
    return CallDetector(&v1::AnomalyDetector::Stub::Threshold, request, response);
  }
  grpc::Status Train() {
    grpc::ClientContext context;
    AddToken(context);
    const auto training = detector_->Train(&context);
    v1::TrainRequest request;
    request.mutable_spec()->set_model("fan");
    training->Write(request);
    *request.mutable_rows() = ToProto(RandomRows(20, 3, 1));
    training->Write(request);
    training->WritesDone();
    v1::TrainResponse response;
    while (training->Read(&response)) continue;
    return training->Finish();
  }
  grpc::Status Import() {
    grpc::ClientContext context;
    AddToken(context);
    v1::ImportVersionResponse response;
    const auto import = registry_->ImportVersion(&context, &response);
    v1::ImportVersionRequest request;
    request.mutable_spec()->set_model("fan");
    import->Write(request);
    import->WritesDone();
    return import->Finish();
  }
  grpc::Status List() {
    v1::ListModelsResponse response;
    return Call(&v1::ModelRegistry::Stub::ListModels, v1::ListModelsRequest(), response);
  }
  grpc::Status ListDeleted() {
    v1::ListDeletedResponse response;
    return Call(&v1::ModelRegistry::Stub::ListDeleted, v1::ListDeletedRequest(), response);
  }
  grpc::Status SetServing(uint64_t version) {
    v1::SetServingVersionRequest request;
    request.set_model("pump");
    request.set_version(version);
    v1::SetServingVersionResponse response;
    return Call(&v1::ModelRegistry::Stub::SetServingVersion, request, response);
  }
  grpc::Status DeleteVersion(uint64_t version) {
    v1::DeleteVersionRequest request;
    request.set_model("pump");
    request.set_version(version);
    v1::DeleteVersionResponse response;
    return Call(&v1::ModelRegistry::Stub::DeleteVersion, request, response);
  }
  grpc::Status DeleteModel() {
    v1::DeleteModelRequest request;
    request.set_model("pump");
    v1::DeleteModelResponse response;
    return Call(&v1::ModelRegistry::Stub::DeleteModel, request, response);
  }
  grpc::Status Undelete() {
    v1::UndeleteRequest request;
    request.set_model("pump");
    v1::UndeleteResponse response;
    return Call(&v1::ModelRegistry::Stub::Undelete, request, response);
  }

  std::vector<grpc::Status> AllChanges() {
    return {Train(),       Import(),  Threshold(/*apply=*/true), SetServing(1), DeleteVersion(1),
            DeleteModel(), Undelete()};
  }

  v1::AnomalyDetector::Stub& detector() { return *detector_; }

 private:
  void AddToken(grpc::ClientContext& context) const {
    if (!token_.empty()) context.AddMetadata("authorization", absl::StrCat("Bearer ", token_));
  }
  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (v1::ModelRegistry::Stub::*method)(grpc::ClientContext*,
                                                                    const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    AddToken(context);
    return ((*registry_).*method)(&context, request, &response);
  }
  template <typename Request, typename Response>
  grpc::Status CallDetector(grpc::Status (v1::AnomalyDetector::Stub::*method)(grpc::ClientContext*,
                                                                              const Request&,
                                                                              Response*),
                            const Request& request, Response& response) {
    grpc::ClientContext context;
    AddToken(context);
    return ((*detector_).*method)(&context, request, &response);
  }

  const std::string token_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::AnomalyDetector::Stub> detector_;
  const std::unique_ptr<v1::ModelRegistry::Stub> registry_;
};

class AdminPortTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    config_.admin_listen = "127.0.0.1:0";
    Publish("pump");
    Publish("pump", 2);
  }

  // Makes a grant and returns its token.
  std::string Give(const std::string& name, Role role) {
    config_.security.tokens = folder_.path() / "tokens.json";
    std::string token;
    EXPECT_THAT(EditTokenFile(config_.security.tokens,
                              [&](std::vector<Grant>& grants) -> absl::Status {
                                grants.push_back({.name = name, .role = role});
                                ADVAE_ASSIGN_OR_RETURN(token, MakeToken(grants.back()));
                                return absl::OkStatus();
                              }),
                IsOk());
    return token;
  }

  void ExpectRefusal(const grpc::Status& status) {
    EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::PERMISSION_DENIED,
                                     AllOf(HasSubstr("this port changes nothing; "),
                                           HasSubstr("at the admin port"))));
    const std::string& address = server_->admin_address();
    EXPECT_THAT(status.error_message(), Not(HasSubstr(address.substr(address.find(':')))));
  }
};

TEST_F(AdminPortTest, TheOtherPortScoresAndChangesNothing) {
  StartServer();
  Port port(server_->grpc_address());
  for (const grpc::Status& status : port.AllChanges()) ExpectRefusal(status);
  EXPECT_THAT(port.Score(), IsOkRpc());
  EXPECT_THAT(port.Threshold(/*apply=*/false), IsOkRpc());
  EXPECT_THAT(port.List(), IsOkRpc());
  EXPECT_THAT(port.ListDeleted(), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(config_.repository));
  EXPECT_THAT(repository.ListModel("pump")->versions, ElementsAre(1, 2));
}

TEST_F(AdminPortTest, TheAdminPortIsForAll) {
  StartServer();
  Port port(server_->admin_address());
  EXPECT_THAT(port.Score(), IsOkRpc());
  EXPECT_THAT(port.Threshold(/*apply=*/true), IsOkRpc());
  EXPECT_THAT(port.SetServing(1), IsOkRpc());
  EXPECT_THAT(port.DeleteVersion(2), IsOkRpc());
  EXPECT_THAT(port.Undelete(), IsOkRpc());
  EXPECT_THAT(port.DeleteModel(), IsOkRpc());
  EXPECT_THAT(port.Train(), IsOkRpc());
  EXPECT_THAT(Port(server_->grpc_address()).List(), IsOkRpc());
}

TEST_F(AdminPortTest, TokensCountAtBothPorts) {
  const std::string admin = Give("boss", Role::kAdmin);
  const std::string scorer = Give("plant", Role::kScorer);
  const std::string viewer = Give("guest", Role::kViewer);
  StartServer();
  Port boss(server_->grpc_address(), admin);
  for (const grpc::Status& status : boss.AllChanges()) ExpectRefusal(status);
  EXPECT_THAT(boss.Score(), IsOkRpc());
  EXPECT_THAT(Port(server_->grpc_address(), viewer).Score(),
              RpcFailsWith(grpc::StatusCode::PERMISSION_DENIED, HasSubstr("has the role viewer")));
  EXPECT_THAT(Port(server_->grpc_address(), scorer).Score(), IsOkRpc());

  EXPECT_THAT(Port(server_->admin_address(), admin).SetServing(1), IsOkRpc());
  for (const grpc::Status& status : Port(server_->admin_address(), scorer).AllChanges()) {
    EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::PERMISSION_DENIED,
                                     HasSubstr("\"plant\" has the role scorer")));
  }
  for (const std::string& address : {server_->grpc_address(), server_->admin_address()}) {
    EXPECT_EQ(Port(address).Score().error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(Port(address).SetServing(2).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  }
}

TEST_F(AdminPortTest, HttpScores) {
  config_.http_listen = "127.0.0.1:0";
  const std::string admin = Give("boss", Role::kAdmin);
  StartServer();
  const auto answer = [&](const std::string& request) {
    LoopbackSocket socket(server_->http_address());
    socket.Send(absl::StrCat(request, "Host: a\r\nConnection: close\r\nAuthorization: Bearer ",
                             admin, "\r\n\r\n{\"rows\": [{\"flow\": 1}]}"));
    return socket.ReadAll();
  };
  EXPECT_THAT(answer("POST /v1/models/pump:score HTTP/1.1\r\nContent-Length: 23\r\n"),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer("DELETE /v2/models/pump HTTP/1.1\r\nContent-Length: 23\r\n"),
              StartsWith("HTTP/1.1 405 "));
}

TEST_F(AdminPortTest, OpenCallsOfBothPortsEndAfterTheDrainTimeout) {
  config_.drain_timeout = absl::Milliseconds(100);
  StartServer();
  Port ports[] = {Port(server_->grpc_address()), Port(server_->admin_address())};
  grpc::ClientContext contexts[2];
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::ScoreRequest, v1::ScoreResponse>>>
      streams;
  for (int i = 0; i < 2; ++i) {
    streams.push_back(ports[i].detector().ScoreStream(&contexts[i]));
    v1::ScoreResponse response;
    ASSERT_TRUE(streams[i]->Write(ScoreRequestOf("pump", 2)));
    ASSERT_TRUE(streams[i]->Read(&response));
  }
  server_.reset();
  for (const auto& stream : streams) EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(AdminPortTest, TheReadyServerAnswersAtBothPorts) {
  StartServer();
  EXPECT_EQ(Metric("advae_ready"), 1);
}

TEST_F(AdminPortTest, WithoutAnAddressThereIsNone) {
  config_.admin_listen.clear();
  StartServer();
  EXPECT_EQ(server_->admin_address(), "");
  EXPECT_THAT(Port(server_->grpc_address()).SetServing(1), IsOkRpc());
}

}  // namespace
}  // namespace advae
