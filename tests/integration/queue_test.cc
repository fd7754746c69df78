// What happens when more is asked of a server than it may queue.

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/loopback_socket.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

// A server that keeps a part-filled batch of 64 rows waiting, for as long as it may.
class QueueTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(StartServer({"--max_queued_rows=100", "--max_batch_rows=64",
                                         "--max_batch_delay=10s", "--http_listen=127.0.0.1:0"}));
  }

  static v1::ScoreRequest RequestOf(size_t rows) {
    return ScoreRequestOf("pump", RandomRows(rows, kRandomModelColumns, 1));
  }
  bool AreQueued(double rows) {
    const auto page = server().Metrics();
    return page.ok() && page->Value("advae_queued_rows") == rows;
  }

  // A call that waits in the queue.
  class WaitingCall {
   public:
    WaitingCall(QueueTest& test, size_t rows)
        : thread_([this, &test, rows] {
            status_ = test.server().detector().Score(&context_, RequestOf(rows), &response_);
          }) {
      EXPECT_TRUE(Eventually([&] { return test.AreQueued(static_cast<double>(rows)); }));
    }

    void Cancel() { context_.TryCancel(); }
    // How it ended.
    grpc::Status Join() {
      thread_.join();
      return status_;
    }
    const v1::ScoreResponse& response() const { return response_; }

   private:
    CallContext context_;
    grpc::Status status_;
    v1::ScoreResponse response_;
    std::thread thread_;
  };
};

TEST_F(QueueTest, AFullQueueRefusesWithAHintWhenToRetry) {
  WaitingCall waiting(*this, 60);

  CallContext context;
  v1::ScoreResponse response;
  EXPECT_THAT(server().detector().Score(&context, RequestOf(41), &response),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                           HasSubstr("the scoring queue is full: 60 rows are waiting, the request "
                                     "has 41 more, and the limit is 100")));
  const auto& trailer = context.GetServerTrailingMetadata();
  const auto hint = trailer.find("grpc-retry-pushback-ms");
  ASSERT_NE(hint, trailer.end());
  EXPECT_EQ(hint->second, "200");

  // With four more rows the batch is full and due.
  EXPECT_THAT(Score(RequestOf(4), response), IsOkRpc());
  EXPECT_THAT(waiting.Join(), IsOkRpc());
  EXPECT_EQ(waiting.response().scores_size(), 60);
}

TEST_F(QueueTest, ARequestThatNeverFitsIsInvalid) {
  v1::ScoreResponse response;
  EXPECT_THAT(
      Score(RequestOf(101), response),
      RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT,
                   HasSubstr("the request has 101 rows; the server takes at most 100 in one")));
}

TEST_F(QueueTest, ADeadlineCanPassInTheQueue) {
  CallContext context(absl::Milliseconds(20));
  v1::ScoreResponse response;
  EXPECT_EQ(server().detector().Score(&context, RequestOf(1), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  // It holds up nobody: with the next request the batch is full.
  EXPECT_THAT(Score(RequestOf(64), response), IsOkRpc());
}

TEST_F(QueueTest, ACancelledRequestIsNotScored) {
  WaitingCall waiting(*this, 30);
  waiting.Cancel();
  EXPECT_EQ(waiting.Join().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(server().process().WaitForError("code=CANCELLED"), IsOk());
  v1::ScoreResponse response;
  EXPECT_THAT(Score(RequestOf(64), response), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_rows_scored_total{model=\"pump\"}"), 64);
}

TEST_F(QueueTest, ARequestOverHttpWhoseClientHasGoneIsNotScored) {
  const std::string body = R"({"inputs": [{"name": "rows", "datatype": "FP64", "shape": [2, 3],
                                            "data": [1, 2, 3, 4, 5, 6]}]})";
  {
    LoopbackSocket client(server().http_address());
    client.Send(absl::StrCat(
        "POST /v2/models/pump/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: ", body.size(),
        "\r\n\r\n", body));
    EXPECT_TRUE(Eventually([&] { return AreQueued(2); }));
  }
  // The server has seen the client go when it answers what came later.
  LoopbackSocket client(server().http_address());
  client.Send("GET /v2/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), HasSubstr("200 OK"));

  v1::ScoreResponse response;
  EXPECT_THAT(Score(RequestOf(64), response), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_EQ(page.Value("advae_rows_scored_total{model=\"pump\"}"), 64);
}

TEST_F(QueueTest, AnOldDeadlineIsNotEvenQueued) {
  CallContext context(-absl::Seconds(1));
  v1::ScoreResponse response;
  EXPECT_EQ(server().detector().Score(&context, RequestOf(1), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(Score(RequestOf(64), response), IsOkRpc());
}

}  // namespace
}  // namespace advae::testing
