// A server whose repository hangs or breaks while it runs: what needs no disk goes on.

#include <array>
#include <cerrno>
#include <future>

#include "tests/integration/harness/file_faults.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Changes that may wait for a disk that hangs; the server has the number.
constexpr int kMaxWaitingChanges = 100;

class SlowFilesTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
    ASSERT_NO_FATAL_FAILURE(Publish("fan", 3));
    // The poller hangs, too.
    ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=20ms"}, faults_.Launcher()));
  }
  // Nothing is left to wait for when the server is stopped.
  void TearDown() override { faults_.Heal(); }

  std::future<grpc::Status> SetServing(uint64_t version, CallContext& context) {
    return std::async(std::launch::async, [this, version, &context] {
      v1::SetServingVersionRequest request;
      request.set_model("pump");
      request.set_version(version);
      v1::SetServingVersionResponse response;
      return server().registry().SetServingVersion(&context, request, &response);
    });
  }
  std::future<grpc::Status> ApplyThreshold(CallContext& context) {
    return std::async(std::launch::async, [this, &context] {
      v1::ThresholdRequest request;
      request.set_model("pump");
      request.set_alpha(0.2);
      request.set_apply(true);
      v1::ThresholdResponse response;
      return server().detector().Threshold(&context, request, &response);
    });
  }
  std::future<grpc::Status> DeleteFan(CallContext& context) {
    return std::async(std::launch::async, [this, &context] {
      v1::DeleteModelRequest request;
      request.set_model("fan");
      v1::DeleteModelResponse response;
      return server().registry().DeleteModel(&context, request, &response);
    });
  }

  void ExpectAnswers() {
    v1::ScoreResponse score;
    EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), score), IsOkRpc());
    EXPECT_THAT(
        ScoreStream(server().detector(), {ScoreRequestOf("fan", RandomRows(1, 3, 1))}).status,
        IsOkRpc());
    CallContext health_context;
    grpc::health::v1::HealthCheckResponse health;
    EXPECT_THAT(server().health().Check(&health_context, {}, &health), IsOkRpc());
    CallContext list_context;
    v1::ListModelsResponse list;
    EXPECT_THAT(server().registry().ListModels(&list_context, {}, &list), IsOkRpc());
    EXPECT_EQ(list.models_size(), 2);
    v1::GetModelResponse model;
    EXPECT_THAT(GetModel("pump", model), IsOkRpc());
    v1::ThresholdRequest request;
    request.set_model("pump");
    request.set_alpha(0.3);
    CallContext threshold_context;
    v1::ThresholdResponse threshold;
    EXPECT_THAT(server().detector().Threshold(&threshold_context, request, &threshold), IsOkRpc());
    EXPECT_THAT(server().Metrics(), IsOk());
  }

  // Whether a call of this method reaches the server within the limit of a test.
  bool HasArrived(const std::string& method) {
    const std::string series =
        absl::StrCat("advae_rpcs_in_flight{method=\"ModelRegistry/", method, "\"}");
    return Eventually([&] {
      const auto page = server().Metrics();
      return page.ok() && page->Value(series) == 1;
    });
  }

  FileFaults faults_;
};

TEST_F(SlowFilesTest, ADiskThatHangsStopsOnlyChanges) {
  faults_.Hang(repository());
  std::array<CallContext, 4> contexts;
  std::array<std::future<grpc::Status>, 4> changes = {
      SetServing(1, contexts[0]), ApplyThreshold(contexts[1]), SetServing(2, contexts[2]),
      DeleteFan(contexts[3])};
  ASSERT_TRUE(faults_.SomebodyWaits());
  ExpectAnswers();
  for (auto& change : changes) {
    EXPECT_EQ(change.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  }
  faults_.Heal();
  for (auto& change : changes) EXPECT_THAT(change.get(), IsOkRpc());
}

TEST_F(SlowFilesTest, RefusesMoreChangesThanMayWait) {
  faults_.Hang(repository());
  // One more than wait is being made. Which are refused is a matter of chance.
  std::vector<CallContext> contexts(kMaxWaitingChanges + 2);
  std::vector<std::future<grpc::Status>> changes;
  changes.reserve(contexts.size());
  for (CallContext& context : contexts) changes.push_back(SetServing(1, context));
  std::optional<grpc::Status> refused;
  EXPECT_TRUE(Eventually([&] {
    for (auto& change : changes) {
      if (change.valid() && change.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
        refused = change.get();
      }
    }
    return refused.has_value();
  }));
  EXPECT_THAT(*refused, RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("wait")));
  ExpectAnswers();
  faults_.Heal();
  int made = 0;
  for (auto& change : changes) made += change.valid() && change.get().ok() ? 1 : 0;
  EXPECT_GE(made, kMaxWaitingChanges);
}

TEST_F(SlowFilesTest, AChangeThatIsNoLongerWantedIsNotMade) {
  faults_.Hang(repository());
  CallContext first_context, cancelled_context, last_context;
  CallContext late_context(absl::Milliseconds(100));
  auto first = SetServing(1, first_context);
  ASSERT_TRUE(faults_.SomebodyWaits());
  // The first holds up all others.
  ASSERT_TRUE(HasArrived("SetServingVersion"));
  auto cancelled = DeleteFan(cancelled_context);
  ASSERT_TRUE(HasArrived("DeleteModel"));
  auto late = DeleteFan(late_context);
  EXPECT_EQ(late.get().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  cancelled_context.TryCancel();
  EXPECT_EQ(cancelled.get().error_code(), grpc::StatusCode::CANCELLED);
  // The server knows when it says so, though it cannot end the calls yet.
  ASSERT_THAT(server().process().WaitForError("DeleteModel code=CANCELLED"), IsOk());

  faults_.Heal();
  EXPECT_THAT(first.get(), IsOkRpc());
  EXPECT_THAT(SetServing(2, last_context).get(), IsOkRpc());  // in turn
  v1::GetModelResponse model;
  EXPECT_THAT(GetModel("fan", model), IsOkRpc());
}

TEST_F(SlowFilesTest, ADiskThatFailsRefusesChangesAndTellsTheLogWhere) {
  faults_.Fail(repository(), EIO);
  const auto refused =
      RpcFailsWith(grpc::StatusCode::UNAVAILABLE,
                   AllOf(HasSubstr("Input/output error"), Not(HasSubstr(folder().string()))));
  CallContext set_context, apply_context, delete_context;
  EXPECT_THAT(SetServing(1, set_context).get(), refused);
  EXPECT_THAT(ApplyThreshold(apply_context).get(), refused);
  EXPECT_THAT(DeleteFan(delete_context).get(), refused);
  EXPECT_THAT(server().process().WaitForError(repository().string()), IsOk());
  ExpectAnswers();

  faults_.Heal();
  CallContext again;
  EXPECT_THAT(SetServing(1, again).get(), IsOkRpc());
}

}  // namespace
}  // namespace advae::testing
