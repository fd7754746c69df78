// Score and ScoreStream over a real connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <ostream>
#include <random>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "model/scoring/loaded_version.h"
#include "tests/server/services/service_test.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOkRpc;
using testing::RandomRows;
using testing::RpcFailsWith;
using testing::ToProto;

v1::ScoreRequest RequestFor(const Matrix& rows, const std::string& model = "pump") {
  v1::ScoreRequest request;
  request.set_model(model);
  *request.mutable_rows() = ToProto(rows);
  return request;
}

class ScoreTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    Publish("pump");
    version_on_disk_ =
        *LoadedVersion::Create(*Repository::Open(config_.repository)->Load("pump", 1));
  }

  grpc::Status Score(const v1::ScoreRequest& request, v1::ScoreResponse& response) {
    grpc::ClientContext context;
    return detector_->Score(&context, request, &response);
  }

  std::shared_ptr<const LoadedVersion> version_on_disk_;
};

TEST_F(ScoreTest, GivesScoresPValuesAndVerdictsOfTheVersion) {
  StartServer();
  const Matrix rows = RandomRows(200, 3, 5, 3);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(RequestFor(rows), response), IsOkRpc());

  std::vector<double> scores(200);
  version_on_disk_->scorer().Score(rows.view(), scores);
  EXPECT_EQ(response.model(), "pump");
  EXPECT_EQ(response.version(), 1);
  EXPECT_EQ(response.alpha(), 0.1);
  EXPECT_EQ(response.threshold(), version_on_disk_->threshold().threshold());
  EXPECT_EQ(response.explanations_size(), 0);
  ASSERT_EQ(response.scores_size(), 200);
  int alarms = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(response.scores(i), scores[i]);
    EXPECT_EQ(response.p_values(i), version_on_disk_->distribution().PValue(scores[i]));
    EXPECT_EQ(response.anomalies(i), scores[i] >= response.threshold());
    EXPECT_EQ(response.statuses(i), v1::ROW_STATUS_OK);
    alarms += response.anomalies(i) ? 1 : 0;
  }
  EXPECT_GT(alarms, 0);
  EXPECT_LT(alarms, 200);
}

TEST_F(ScoreTest, AlphaOfTheRequestSetsTheVerdicts) {
  StartServer();
  v1::ScoreRequest request = RequestFor(RandomRows(200, 3, 5, 3));
  request.set_alpha(0.9);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.alpha(), 0.9);
  EXPECT_EQ(response.threshold(), *version_on_disk_->distribution().Threshold(0.9));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(response.anomalies(i), response.scores(i) >= response.threshold());
  }
}

TEST_F(ScoreTest, ExplainsAScoreByItsLargestContributions) {
  StartServer();
  v1::ScoreRequest request = RequestFor(RandomRows(50, 3, 5, 3));
  request.set_top_features(100);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  ASSERT_EQ(response.explanations_size(), 50);
  for (int i = 0; i < 50; ++i) {
    const auto& contributions = response.explanations(i).contributions();
    ASSERT_EQ(contributions.size(), 3);
    double sum = 0;
    double previous = std::numeric_limits<double>::infinity();
    for (const v1::FeatureContribution& contribution : contributions) {
      sum += contribution.contribution();
      EXPECT_LE(contribution.contribution(), previous);
      previous = contribution.contribution();
      EXPECT_EQ(contribution.name(),
                version_on_disk_->info().features(contribution.feature()).name());
      // In the row's own units: the difference, scaled, is the contribution's root.
      const v1::Feature& feature = version_on_disk_->info().features(contribution.feature());
      const double value = request.rows().values(i * 3 + contribution.feature());
      const double error =
          (value - contribution.expected()) / (feature.maximum() - feature.minimum());
      EXPECT_NEAR(error * error, contribution.contribution(), 1e-5);
    }
    EXPECT_NEAR(sum, response.scores(i), 1e-9 * sum);
  }

  request.set_top_features(1);
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.explanations(0).contributions_size(), 1);
}

// The model "pump" remembers nothing, the model "memory" remembers twelve of the twenty rows that
// made it.
class NearestRowsTest : public ScoreTest {
 protected:
  void SetUp() override {
    ScoreTest::SetUp();
    Publish("memory", /*seed=*/4, /*memory_rows=*/12);
    ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(config_.repository));
    ASSERT_OK_AND_ASSIGN(bundle_, repository.Load("memory", 1));
    StartServer();
  }

  // Distance and index of each remembered training row, nearest first.
  std::vector<std::pair<double, uint32_t>> Search(std::span<const float> row) const {
    const Matrix training = RandomRows(20, 3, 4);
    std::vector<std::pair<double, uint32_t>> found;
    for (const uint32_t remembered : bundle_->neighborhood->memory.training_rows) {
      double sum = 0;
      for (size_t j = 0; j < 3; ++j) {
        const v1::Feature& feature = bundle_->info.features(static_cast<int>(j));
        const double difference = (static_cast<double>(row[j]) - training.row(remembered)[j]) /
                                  (feature.maximum() - feature.minimum());
        sum += difference * difference;
      }
      found.emplace_back(std::sqrt(sum), remembered);
    }
    std::ranges::sort(found);
    return found;
  }

  std::optional<VersionBundle> bundle_;
};

TEST_F(NearestRowsTest, AreThoseOfASearch) {
  const Matrix rows = RandomRows(40, 3, 5, 2);
  v1::ScoreRequest request = RequestFor(rows, "memory");
  v1::ScoreResponse plain;
  ASSERT_THAT(Score(request, plain), IsOkRpc());
  EXPECT_EQ(plain.nearest_rows_size(), 0);
  for (const uint32_t count : {1, 3, 11, 20}) {
    request.set_nearest_rows(count);
    request.set_top_features(count == 3 ? 2 : 0);
    v1::ScoreResponse response;
    ASSERT_THAT(Score(request, response), IsOkRpc());
    EXPECT_THAT(response.scores(), ::testing::ElementsAreArray(plain.scores()));
    ASSERT_EQ(response.nearest_rows_size(), 40);
    for (int i = 0; i < 40; ++i) {
      const v1::NearestRows& nearest = response.nearest_rows(i);
      const auto expected = Search(rows.row(static_cast<size_t>(i)));
      ASSERT_EQ(nearest.rows_size(), std::min<int>(count, 11));  // all but one
      ASSERT_EQ(nearest.distances_size(), nearest.rows_size());
      for (int n = 0; n < nearest.rows_size(); ++n) {
        EXPECT_EQ(nearest.rows(n), expected[n].second);
        EXPECT_NEAR(nearest.distances(n), expected[n].first, 1e-5);
      }
    }
  }
}

TEST_F(NearestRowsTest, OfARememberedRowBeginWithItself) {
  const uint32_t remembered = bundle_->neighborhood->memory.training_rows[5];
  const Matrix training = RandomRows(20, 3, 4);
  const std::span<const float> row = training.row(remembered);
  v1::ScoreRequest request =
      RequestFor({.values = {row.begin(), row.end()}, .columns = 3}, "memory");
  request.set_nearest_rows(2);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.nearest_rows(0).rows(0), remembered);
  EXPECT_EQ(response.nearest_rows(0).distances(0), 0);
  EXPECT_GT(response.nearest_rows(0).distances(1), 0);
}

TEST_F(NearestRowsTest, OfARowThatIsNotFiniteAreNone) {
  Matrix rows = RandomRows(3, 3, 5);
  rows.values[4] = std::numeric_limits<float>::quiet_NaN();
  v1::ScoreRequest request = RequestFor(rows, "memory");
  request.set_nearest_rows(2);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  EXPECT_EQ(response.nearest_rows(0).rows_size(), 2);
  EXPECT_EQ(response.nearest_rows(1).rows_size(), 0);
  EXPECT_EQ(response.nearest_rows(2).rows_size(), 2);
  EXPECT_EQ(response.nearest_rows(2).rows(0), Search(rows.row(2))[0].second);
}

TEST_F(NearestRowsTest, ComeInAStreamAsWell) {
  const Matrix rows = RandomRows(10, 3, 5);
  v1::ScoreRequest request = RequestFor(rows, "memory");
  request.set_nearest_rows(3);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  stream->Write(request);
  stream->WritesDone();
  v1::ScoreResponse streamed;
  ASSERT_TRUE(stream->Read(&streamed));
  EXPECT_EQ(streamed.SerializeAsString(), response.SerializeAsString());
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(NearestRowsTest, AreBounded) {
  v1::ScoreRequest request = RequestFor(RandomRows(1, 3, 5), "memory");
  request.set_nearest_rows(21);
  v1::ScoreResponse response;
  EXPECT_THAT(Score(request, response),
              RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT,
                           HasSubstr("expected at most 20 nearest_rows, got 21")));
}

TEST_F(NearestRowsTest, NeedAVersionThatRemembersRows) {
  v1::ScoreRequest request = RequestFor(RandomRows(1, 3, 5), "pump");
  request.set_nearest_rows(1);
  v1::ScoreResponse response;
  EXPECT_THAT(Score(request, response),
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                           HasSubstr("model \"pump\" version 1 remembers no training rows")));
}

TEST_F(ScoreTest, NeverCallsARowNormalThatIsNotFinite) {
  StartServer();
  Matrix rows = RandomRows(6, 3, 5);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  rows.values[1 * 3 + 1] = kInfinity;
  rows.values[3 * 3 + 2] = -kInfinity;
  rows.values[4 * 3] = kNan;
  rows.values[5 * 3] = kInfinity;
  rows.values[5 * 3 + 1] = kNan;
  v1::ScoreRequest request = RequestFor(rows);
  request.set_top_features(2);
  v1::ScoreResponse response;
  ASSERT_THAT(Score(request, response), IsOkRpc());
  for (const int i : {1, 3, 4, 5}) {
    EXPECT_EQ(response.statuses(i), v1::ROW_STATUS_NOT_FINITE);
    EXPECT_TRUE(response.anomalies(i));
    EXPECT_EQ(response.explanations(i).contributions_size(), 0);
  }
  for (const int infinite : {1, 3}) {
    EXPECT_EQ(response.scores(infinite), std::numeric_limits<double>::infinity());
    EXPECT_EQ(response.p_values(infinite), 0);
  }
  for (const int nan : {4, 5}) {
    EXPECT_TRUE(std::isnan(response.scores(nan)));
    EXPECT_TRUE(std::isnan(response.p_values(nan)));
  }
  for (const int i : {0, 2}) {
    EXPECT_EQ(response.statuses(i), v1::ROW_STATUS_OK);
    EXPECT_EQ(response.explanations(i).contributions_size(), 2);
  }
}

TEST_F(ScoreTest, ExtremeFiniteValuesAreScoredAsAnomalies) {
  StartServer();
  constexpr float kLargest = std::numeric_limits<float>::max();
  const float levels[] = {kLargest, -kLargest, 1e38f, -1e30f};
  Matrix rows{.values = {}, .columns = 3};
  for (const float a : levels) {
    for (const float b : {0.0f, std::numeric_limits<float>::denorm_min(), a, -a}) {
      rows.values.insert(rows.values.end(), {a, b, 0});
    }
  }
  v1::ScoreResponse response;
  ASSERT_THAT(Score(RequestFor(rows), response), IsOkRpc());
  for (int i = 0; i < response.scores_size(); ++i) {
    EXPECT_EQ(response.statuses(i), v1::ROW_STATUS_OK);
    EXPECT_TRUE(std::isfinite(response.scores(i))) << response.scores(i);
    EXPECT_EQ(response.p_values(i), 0);
    EXPECT_TRUE(response.anomalies(i));
  }
}

TEST_F(ScoreTest, ARowScoresTheSameInEveryRequest) {
  StartServer();
  const Matrix rows = RandomRows(300, 3, 5, 2);
  v1::ScoreResponse together;
  ASSERT_THAT(Score(RequestFor(rows), together), IsOkRpc());
  std::vector<std::thread> clients;
  for (uint32_t seed = 0; seed < 4; ++seed) {
    clients.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int round = 0; round < 50; ++round) {
        const size_t first = random() % 300;
        const size_t count = 1 + random() % std::min<size_t>(20, 300 - first);
        Matrix part{.values = {}, .columns = 3};
        for (size_t i = first; i < first + count; ++i) {
          part.values.insert(part.values.end(), rows.row(i).begin(), rows.row(i).end());
        }
        v1::ScoreResponse alone;
        ASSERT_THAT(Score(RequestFor(part), alone), IsOkRpc());
        for (size_t i = 0; i < count; ++i) {
          EXPECT_EQ(alone.scores(static_cast<int>(i)),
                    together.scores(static_cast<int>(first + i)));
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST_F(ScoreTest, AFullQueueIsToldWithAHintToRetry) {
  config_.batching.max_queued_rows = 10;
  StartServer();
  v1::ScoreResponse response;
  // More rows than ever fit are the request's fault.
  EXPECT_THAT(Score(RequestFor(RandomRows(11, 3, 1)), response),
              RpcFailsWith(grpc::StatusCode::INVALID_ARGUMENT, HasSubstr("at most 10")));
  EXPECT_THAT(Score(RequestFor(RandomRows(10, 3, 1)), response), IsOkRpc());
}

struct BadRequest {
  std::string name;
  std::function<void(v1::ScoreRequest&)> spoil;
  grpc::StatusCode code;
  std::string message;
};
void PrintTo(const BadRequest& bad, std::ostream* out) { *out << bad.name; }

class BadScoreTest : public ScoreTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadScoreTest, IsRefused) {
  StartServer();
  v1::ScoreRequest request = RequestFor(RandomRows(4, 3, 1));
  GetParam().spoil(request);
  v1::ScoreResponse response;
  EXPECT_THAT(Score(request, response),
              RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));

  // The same in a stream, after a good request, which is answered.
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  stream->Write(RequestFor(RandomRows(4, 3, 1)));
  stream->Write(request);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.scores_size(), 4);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(),
              RpcFailsWith(GetParam().code, HasSubstr("request 1: " + GetParam().message)));
}

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;

INSTANTIATE_TEST_SUITE_P(
    All, BadScoreTest,
    ::testing::Values(
        BadRequest{"NoModel", [](auto& r) { r.clear_model(); }, kInvalid, "model name ''"},
        BadRequest{"PathAsModel", [](auto& r) { r.set_model("../pump"); }, kInvalid,
                   "model name '../pump'"},
        BadRequest{"UnknownModel", [](auto& r) { r.set_model("fan"); }, grpc::StatusCode::NOT_FOUND,
                   "there is no model \"fan\""},
        BadRequest{"UnknownVersion", [](auto& r) { r.set_version(8); }, grpc::StatusCode::NOT_FOUND,
                   "model \"pump\" has no version 8"},
        BadRequest{"NoRows", [](auto& r) { r.clear_rows(); }, kInvalid, "the matrix has 0 columns"},
        BadRequest{"EmptyMatrix", [](auto& r) { r.mutable_rows()->clear_values(); }, kInvalid,
                   "the matrix is empty"},
        BadRequest{"Columns", [](auto& r) { r.mutable_rows()->set_columns(4); }, kInvalid,
                   "the rows have 4 columns; model \"pump\" version 1 expects 3"},
        BadRequest{"Names",
                   [](auto& r) {
                     for (const char* name : {"flow", "level", "x"}) {
                       r.mutable_rows()->add_feature_names(name);
                     }
                   },
                   kInvalid, "column 1 is named \"level\""},
        BadRequest{"AlphaZero", [](auto& r) { r.set_alpha(0); }, kInvalid, "alpha"},
        BadRequest{"AlphaOne", [](auto& r) { r.set_alpha(1); }, kInvalid, "alpha"},
        BadRequest{"AlphaNan", [](auto& r) { r.set_alpha(NAN); }, kInvalid, "alpha"}),
    [](const auto& info) { return info.param.name; });

TEST_F(ScoreTest, AStreamKeepsItsOrderUnderLoad) {
  config_.batching.max_batch_rows = 8;
  StartServer();
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  // Requests of very different sizes, so that small ones are scored before large ones.
  std::thread writer([&] {
    for (uint32_t i = 0; i < 100; ++i) {
      stream->Write(RequestFor(RandomRows(i % 5 == 0 ? 500 : 1 + i, 3, i)));
    }
    stream->WritesDone();
  });
  v1::ScoreResponse response;
  for (uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    const Matrix rows = RandomRows(i % 5 == 0 ? 500 : 1 + i, 3, i);
    std::vector<double> scores(rows.rows());
    version_on_disk_->scorer().Score(rows.view(), scores);
    ASSERT_EQ(response.scores_size(), static_cast<int>(scores.size()));
    EXPECT_TRUE(std::equal(scores.begin(), scores.end(), response.scores().begin()));
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(ScoreTest, AnEmptyStreamIsFine) {
  StartServer();
  grpc::ClientContext context;
  const auto stream = detector_->ScoreStream(&context);
  stream->WritesDone();
  v1::ScoreResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(ScoreTest, CancelledStreamsLeaveTheServerWell) {
  StartServer();
  for (uint32_t i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    const auto stream = detector_->ScoreStream(&context);
    // Few enough bytes for the connection to hold while nobody reads.
    for (uint32_t j = 0; j < i % 7; ++j) stream->Write(RequestFor(RandomRows(100, 3, j)));
    v1::ScoreResponse response;
    if (i % 2 == 0 && i % 7 > 0) stream->Read(&response);
    context.TryCancel();
    stream->Finish();
  }
  v1::ScoreResponse response;
  EXPECT_THAT(Score(RequestFor(RandomRows(5, 3, 1)), response), IsOkRpc());
}

// A client that sends and never reads is held back, not served into memory.
TEST_F(ScoreTest, AStreamReadsNoFurtherThanItsClient) {
  config_.max_message_bytes = 1 << 20;
  StartServer();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const auto stream = detector_->ScoreStream(&context);
  const v1::ScoreRequest request = RequestFor(RandomRows(50'000, 3, 1));
  int written = 0;
  while (written < 1000 && stream->Write(request)) ++written;
  EXPECT_LT(written, 1000);
  EXPECT_THAT(stream->Finish(), RpcFailsWith(grpc::StatusCode::DEADLINE_EXCEEDED, HasSubstr("")));
}

TEST_F(ScoreTest, MessagesBeyondTheLimitAreRefused) {
  config_.max_message_bytes = 2000;
  StartServer();
  v1::ScoreResponse response;
  EXPECT_THAT(Score(RequestFor(RandomRows(1000, 3, 1)), response),
              RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED, HasSubstr("2000")));
  EXPECT_THAT(Score(RequestFor(RandomRows(5, 3, 1)), response), IsOkRpc());
}

}  // namespace
}  // namespace advae
