// Who made a version and who set its threshold, and how much each caller may store.

#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "model/access/token.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

class CreatorsTest : public ServerTest {
 protected:
  void SetUp() override {
    std::ofstream(folder() / "quotas.json")
        << R"({"quotas": [{"name": "plant", "versions": 2}, {"name": "lab", "bytes": 1}]})";
    plant_ = Give("plant", Role::kTrainer);
    lab_ = Give("lab", Role::kTrainer);
    boss_ = Give("boss", Role::kAdmin);
    ASSERT_NO_FATAL_FAILURE(StartServer(flags()));
  }

  std::vector<std::string> flags() const {
    return {"--tokens=" + (folder() / "tokens.json").string(),
            "--quotas=" + (folder() / "quotas.json").string()};
  }
  std::string Give(const std::string& name, Role role) const {
    std::string token;
    EXPECT_THAT(EditTokenFile(folder() / "tokens.json",
                              [&](std::vector<Grant>& grants) -> absl::Status {
                                grants.push_back({.name = name, .role = role});
                                ADVAE_ASSIGN_OR_RETURN(token, MakeToken(grants.back()));
                                return absl::OkStatus();
                              }),
                IsOk());
    return token;
  }

  class Context : public CallContext {
   public:
    explicit Context(const std::string& token) { AddMetadata("authorization", "Bearer " + token); }
  };

  grpc::Status TrainAs(const std::string& token, const std::string& model) {
    Context context(token);
    const auto training = server().detector().Train(&context);
    training->Write(TinySpecOf(model));
    training->Write(RowsOf(RandomRows(50, kRandomModelColumns, 1)));
    training->WritesDone();
    v1::TrainResponse response;
    while (training->Read(&response)) continue;
    return training->Finish();
  }
  grpc::Status ApplyAs(const std::string& token, const std::string& model) {
    Context context(token);
    v1::ThresholdRequest request;
    request.set_model(model);
    request.set_alpha(0.2);
    request.set_apply(true);
    v1::ThresholdResponse response;
    return server().detector().Threshold(&context, request, &response);
  }
  v1::GetModelResponse Model(const std::string& model) {
    Context context(boss_);
    v1::GetModelRequest request;
    request.set_model(model);
    v1::GetModelResponse response;
    EXPECT_THAT(server().registry().GetModel(&context, request, &response), IsOkRpc());
    return response;
  }

  std::string plant_;
  std::string lab_;
  std::string boss_;
};

TEST_F(CreatorsTest, VersionsNameWhoMadeThemAndCountForThem) {
  for (const char* const model : {"pump", "fan"}) {
    ASSERT_THAT(TrainAs(plant_, model), IsOkRpc()) << model;
  }
  ASSERT_THAT(TrainAs(lab_, "pump"), IsOkRpc());
  ASSERT_THAT(ApplyAs(plant_, "pump"), IsOkRpc());
  ASSERT_NO_FATAL_FAILURE(RestartServer(flags()));

  const v1::GetModelResponse model = Model("pump");
  ASSERT_EQ(model.versions_size(), 2);
  EXPECT_EQ(model.versions(0).created_by(), "plant");
  EXPECT_EQ(model.versions(1).created_by(), "lab");
  ASSERT_EQ(model.versions(1).threshold_history_size(), 2);
  EXPECT_EQ(model.versions(1).threshold_history(0).set_by(), "lab");
  EXPECT_EQ(model.versions(1).threshold_history(1).set_by(), "plant");

  EXPECT_THAT(
      TrainAs(plant_, "pump"),
      RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                   HasSubstr("\"plant\" has 2 stored versions, and its quota versions is 2")));
  EXPECT_THAT(TrainAs(lab_, "pump"), RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                                  HasSubstr("its quota bytes is 1")));
  Context context(boss_);
  v1::DeleteVersionRequest request;
  request.set_model("pump");
  request.set_version(1);
  v1::DeleteVersionResponse response;
  ASSERT_THAT(server().registry().DeleteVersion(&context, request, &response), IsOkRpc());
  EXPECT_THAT(TrainAs(plant_, "pump"), IsOkRpc());
}

}  // namespace
}  // namespace advae::testing
