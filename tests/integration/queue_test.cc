// What happens when more is asked of a server than it may queue.

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/integration/eventually.h"
#include "tests/integration/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

// A server that keeps a part-filled batch of 64 rows waiting, for as long as it may.
class QueueTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(
        StartServer({"--max_queued_rows=100", "--max_batch_rows=64", "--max_batch_delay=10s"}));
  }

  static v1::ScoreRequest RequestOf(size_t rows) {
    return ScoreRequestOf("pump", RandomRows(rows, kRandomModelColumns, 1));
  }
  bool AreQueued(double rows) {
    const auto page = server().Metrics();
    return page.ok() && page->Value("advae_queued_rows") == rows;
  }
};

TEST_F(QueueTest, AFullQueueRefusesWithAHintWhenToRetry) {
  CallContext waiting_context;
  grpc::Status waiting_status;
  v1::ScoreResponse waiting_response;
  std::thread waiting([&] {
    waiting_status = server().detector().Score(&waiting_context, RequestOf(60), &waiting_response);
  });
  EXPECT_TRUE(Eventually([&] { return AreQueued(60); }));

  CallContext context;
  v1::ScoreResponse response;
  EXPECT_THAT(server().detector().Score(&context, RequestOf(41), &response),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                           HasSubstr("the scoring queue is full: 60 rows wait, the request has 41, "
                                     "and at most 100 may wait")));
  const auto& trailer = context.GetServerTrailingMetadata();
  const auto hint = trailer.find("grpc-retry-pushback-ms");
  ASSERT_NE(hint, trailer.end());
  EXPECT_EQ(hint->second, "200");

  // With four more rows the batch is full and due.
  EXPECT_THAT(Score(RequestOf(4), response), IsOkRpc());
  waiting.join();
  EXPECT_THAT(waiting_status, IsOkRpc());
  EXPECT_EQ(waiting_response.scores_size(), 60);
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

TEST_F(QueueTest, AnOldDeadlineIsNotEvenQueued) {
  CallContext context(-absl::Seconds(1));
  v1::ScoreResponse response;
  EXPECT_EQ(server().detector().Score(&context, RequestOf(1), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_THAT(Score(RequestOf(64), response), IsOkRpc());
}

}  // namespace
}  // namespace advae::testing
