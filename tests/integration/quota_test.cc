// One caller that asks for more than its share, beside others.

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "model/access/token.h"
#include "model/access/token_file.h"
#include "model/base/status_macros.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/loopback_socket.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class QuotaTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    flood_ = Give("flood");
    quiet_ = Give("quiet");
  }

  std::string Give(const std::string& name) const {
    std::string token;
    EXPECT_THAT(EditTokenFile(folder() / "tokens.json",
                              [&](std::vector<Grant>& grants) -> absl::Status {
                                grants.push_back({.name = name, .role = Role::kScorer});
                                ADVAE_ASSIGN_OR_RETURN(token, MakeToken(grants.back()));
                                return absl::OkStatus();
                              }),
                IsOk());
    return token;
  }
  // Replaces the file at once.
  void WriteQuotas(const std::string& text) const {
    std::ofstream(folder() / "next") << text;
    std::filesystem::rename(folder() / "next", folder() / "quotas.json");
  }
  void StartWith(const std::string& quotas, std::vector<std::string> flags = {}) {
    WriteQuotas(quotas);
    flags.push_back("--tokens=" + (folder() / "tokens.json").string());
    flags.push_back("--quotas=" + (folder() / "quotas.json").string());
    StartServer(flags);
  }
  grpc::Status ScoreAs(const std::string& token, size_t rows) {
    CallContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::ScoreResponse response;
    return server().detector().Score(
        &context, ScoreRequestOf("pump", RandomRows(rows, kRandomModelColumns, 1)), &response);
  }
  // The value of a series of the metrics page, which is for those with a token.
  double Metric(const std::string& series) {
    LoopbackSocket client(server().metrics_address());
    client.Send(absl::StrCat("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                             "Authorization: Bearer ", quiet_, "\r\n\r\n"));
    const std::string page = client.ReadAll();
    const size_t at = page.find(absl::StrCat("\n", series, " "));
    double value = std::nan("");
    if (at == std::string::npos) return value;
    const size_t begin = at + series.size() + 2;
    EXPECT_TRUE(absl::SimpleAtod(page.substr(begin, page.find('\n', begin) - begin), &value));
    return value;
  }
  double Refused(const std::string& identity, const std::string& quota) {
    return Metric(absl::StrCat("advae_quota_refusals_total{identity=\"", identity, "\",quota=\"",
                               quota, "\"}"));
  }

  std::string flood_;
  std::string quiet_;
};

TEST_F(QuotaTest, OneThatFloodsLeavesTheOthersTheirAnswers) {
  constexpr int kCalls = 4;
  constexpr int kThreads = 16;
  constexpr int kRows = 2000;
  ASSERT_NO_FATAL_FAILURE(StartWith(absl::StrCat(R"({"quotas": [{"name": "flood", "calls": )",
                                                 kCalls, "}, {\"name\": \"*\", \"calls\": 1}]}"),
                                    {"--scoring_threads=1", "--max_queued_rows=10000"}));
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const grpc::Status status = ScoreAs(flood_, kRows);
        if (status.ok()) {
          ++answered;
        } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED &&
                   status.error_message().find("\"flood\" has 4 open calls") != std::string::npos) {
          ++refused;
        } else {
          ++failed;
        }
      }
    });
  }
  EXPECT_TRUE(Eventually([&] { return answered >= kCalls && refused >= kThreads; }));
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(ScoreAs(quiet_, 1), IsOkRpc());
    // No more than its open calls have, with a row of ours.
    EXPECT_LE(Metric("advae_queued_rows"), kCalls * kRows + 1);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Refused("flood", "calls"), refused);
  EXPECT_EQ(Refused("*", "calls"), 0);
}

TEST_F(QuotaTest, HttpObeysTheSameQuota) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"({"quotas": [{"name": "flood", "rows_per_second": 1}]})",
                                    {"--http_listen=127.0.0.1:0"}));
  const std::string body = R"({"inputs": [{"name": "rows", "datatype": "FP64", "shape": [1, 3],
                                            "data": [1, 2, 3]}]})";
  const auto infer = [&](const std::string& token) {
    LoopbackSocket client(server().http_address());
    client.Send(absl::StrCat("POST /v2/models/pump/infer HTTP/1.1\r\nHost: localhost\r\n",
                             "Connection: close\r\nAuthorization: Bearer ", token,
                             "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
    return client.ReadAll();
  };
  EXPECT_THAT(infer(flood_), HasSubstr("200 OK"));
  EXPECT_TRUE(Eventually([&] { return ScoreAs(flood_, 1000).ok(); }));
  EXPECT_THAT(infer(flood_), AllOf(HasSubstr("429 "), HasSubstr("Retry-After: "),
                                   HasSubstr("type.googleapis.com/google.rpc.QuotaFailure"),
                                   HasSubstr("identity:flood quota:rows_per_second")));
  EXPECT_THAT(infer(quiet_), HasSubstr("200 OK"));
}

TEST_F(QuotaTest, QuotasAreReadAgainAndABadFileChangesNothing) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"({"quotas": []})"));
  EXPECT_THAT(ScoreAs(flood_, 1000), IsOkRpc());
  WriteQuotas(R"({"quotas": [{"name": "flood", "rows_per_second": 1}]})");
  EXPECT_TRUE(Eventually(
      [&] { return ScoreAs(flood_, 1000).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED; }));
  WriteQuotas(R"({"quotas": [{"name": "flood", "rows": 1}]})");
  ASSERT_THAT(server().process().WaitForError("those from before stay in force"), IsOk());
  EXPECT_THAT(server().process().WaitForError("is unknown; expected name, weight"), IsOk());
  EXPECT_EQ(ScoreAs(flood_, 1).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(ScoreAs(quiet_, 1000), IsOkRpc());
}

TEST_F(QuotaTest, ACallThatWaitsInTheQueueAndIsCancelledGivesBackWhatItHeld) {
  ASSERT_NO_FATAL_FAILURE(StartWith(R"({"quotas": [{"name": "flood", "calls": 1}]})",
                                    {"--max_batch_rows=64", "--max_batch_delay=10s"}));
  absl::Mutex mutex;
  std::unique_ptr<CallContext> context;
  grpc::Status status;
  std::thread waiting([&] {
    // Another call of the same caller may be open when it comes, and then it is refused.
    do {
      auto next = std::make_unique<CallContext>();
      next->AddMetadata("authorization", "Bearer " + flood_);
      CallContext* const current = next.get();
      {
        absl::MutexLock lock(&mutex);
        context = std::move(next);
      }
      v1::ScoreResponse response;
      status = server().detector().Score(
          current, ScoreRequestOf("pump", RandomRows(10, kRandomModelColumns, 1)), &response);
    } while (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  });
  EXPECT_TRUE(Eventually(
      [&] { return ScoreAs(flood_, 64).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED; }));
  {
    absl::MutexLock lock(&mutex);
    context->TryCancel();
  }
  waiting.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  // A full batch takes it out of the queue.
  EXPECT_THAT(ScoreAs(quiet_, 64), IsOkRpc());
  EXPECT_TRUE(Eventually([&] { return ScoreAs(flood_, 64).ok(); }));
}

TEST_F(QuotaTest, AServerThatAsksNobodyTakesNoQuotas) {
  WriteQuotas(R"({"quotas": []})");
  const auto server =
      ServerProcess::Start(repository(), {"--quotas=" + (folder() / "quotas.json").string()});
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("--quotas needs --tokens"));
}

}  // namespace
}  // namespace advae::testing
