// A score is a function of the row and the version: the same bits however and whenever it is asked
// for.

#include <google/protobuf/util/message_differencer.h>

#include <thread>

#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

constexpr size_t kRows = 1000;

class ConsistencyTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(StartServer());
    ASSERT_NO_FATAL_FAILURE(ScoreAll(expected_));
  }

  v1::ScoreRequest RequestOf(size_t first, size_t count) const {
    v1::ScoreRequest request;
    request.set_model("pump");
    request.set_top_features(2);
    const MatrixView slice = rows_.view().Slice(first, count);
    request.mutable_rows()->mutable_values()->Add(slice.values,
                                                  slice.values + count * slice.columns);
    request.mutable_rows()->set_columns(static_cast<uint32_t>(slice.columns));
    return request;
  }

  // All rows in one request.
  void ScoreAll(v1::ScoreResponse& response) {
    ASSERT_THAT(Score(RequestOf(0, kRows), response), IsOkRpc());
    ASSERT_EQ(response.scores_size(), kRows);
  }

  // `response` is that to the rows from `first` on.
  void ExpectSame(const v1::ScoreResponse& response, int first) const {
    for (int i = 0; i < response.scores_size(); ++i) {
      SCOPED_TRACE(first + i);
      EXPECT_EQ(response.scores(i), expected_.scores(first + i));
      EXPECT_EQ(response.p_values(i), expected_.p_values(first + i));
      EXPECT_EQ(response.anomalies(i), expected_.anomalies(first + i));
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
          response.explanations(i), expected_.explanations(first + i)));
    }
  }

  const Matrix rows_ = RandomRows(kRows, kRandomModelColumns, 7, /*scale=*/1.5f);
  v1::ScoreResponse expected_;
};

TEST_F(ConsistencyTest, AfterARestart) {
  ASSERT_NO_FATAL_FAILURE(RestartServer());
  v1::ScoreResponse response;
  ASSERT_NO_FATAL_FAILURE(ScoreAll(response));
  ExpectSame(response, 0);
}

TEST_F(ConsistencyTest, WithOtherBatchesAndThreads) {
  ASSERT_NO_FATAL_FAILURE(RestartServer({"--max_batch_rows=7", "--scoring_threads=3"}));
  v1::ScoreResponse response;
  ASSERT_NO_FATAL_FAILURE(ScoreAll(response));
  ExpectSame(response, 0);
}

TEST_F(ConsistencyTest, AloneAndInABatch) {
  for (size_t row = 0; row < kRows; row += 97) {
    v1::ScoreResponse response;
    ASSERT_THAT(Score(RequestOf(row, 1), response), IsOkRpc());
    ASSERT_EQ(response.scores_size(), 1);
    ExpectSame(response, static_cast<int>(row));
  }
}

TEST_F(ConsistencyTest, InAStream) {
  constexpr size_t kChunk = 50;
  std::vector<v1::ScoreRequest> requests;
  for (size_t first = 0; first < kRows; first += kChunk) {
    requests.push_back(RequestOf(first, kChunk));
  }
  const auto stream = ScoreStream(server().detector(), requests);
  ASSERT_THAT(stream.status, IsOkRpc());
  ASSERT_EQ(stream.responses.size(), requests.size());
  for (size_t i = 0; i < requests.size(); ++i) {
    ExpectSame(stream.responses[i], static_cast<int>(i * kChunk));
  }
}

TEST_F(ConsistencyTest, ForClientsThatAskAtTheSameTime) {
  constexpr size_t kClients = 8;
  constexpr size_t kRowsEach = kRows / kClients;
  std::vector<std::vector<v1::ScoreResponse>> responses(kClients);
  std::vector<std::thread> clients;
  for (size_t client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (size_t i = 0; i < kRowsEach; ++i) {
        v1::ScoreResponse response;
        if (!Score(RequestOf(client * kRowsEach + i, 1), response).ok()) return;
        responses[client].push_back(response);
      }
    });
  }
  for (std::thread& client : clients) client.join();
  for (size_t client = 0; client < kClients; ++client) {
    ASSERT_EQ(responses[client].size(), kRowsEach);
    for (size_t i = 0; i < kRowsEach; ++i) {
      ExpectSame(responses[client][i], static_cast<int>(client * kRowsEach + i));
    }
  }
}

TEST_F(ConsistencyTest, ForAVersionThatNoLongerServes) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  ASSERT_NO_FATAL_FAILURE(RestartServer());
  v1::ScoreRequest request = RequestOf(0, kRows);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.version(), 2);
  EXPECT_NE(response.scores(0), expected_.scores(0));
  request.set_version(1);
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.version(), 1);
  ExpectSame(response, 0);
}

}  // namespace
}  // namespace advae::testing
