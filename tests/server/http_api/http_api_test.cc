// Bodies over HTTP that become more than they are, answers that nobody reads, and the end of the
// server meanwhile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/loopback_socket.h"

namespace advae {
namespace {

using ::testing::AllOf;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::LoopbackSocket;
using ::testing::StartsWith;

constexpr char kScore[] = "/v1/models/pump:score";
constexpr char kInfer[] = "/v2/models/pump/infer";

std::string Repeated(std::string_view part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

class HttpApiTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    config_.http_listen = "127.0.0.1:0";
    Publish("pump");
  }

  // `headers` are lines.
  static std::string Request(std::string_view path, const std::string& body,
                             const std::string& headers = "") {
    return absl::StrCat("POST ", std::string(path),
                        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", headers,
                        "Content-Length: ", body.size(), "\r\n\r\n", body);
  }
  // The answer, with its header.
  std::string Post(std::string_view path, const std::string& body,
                   const std::string& headers = "") {
    LoopbackSocket socket(server_->http_address());
    socket.Send(Request(path, body, headers));
    return socket.ReadAll();
  }

  // Requests that ended so.
  double Count(const char* code, const char* method) {
    return Metric(absl::StrCat("advae_rpc_duration_seconds_count{code=\"", code, "\",method=\"",
                               method, "\"}"));
  }
};

TEST_F(HttpApiTest, CountsWhatABodyBecomesBeforeItTakesMemory) {
  config_.max_call_bytes = 4 << 20;
  StartServer();
  const std::string empty_rows = "{\"rows\":[" + Repeated("{},", 20'000) + "{}]}";
  EXPECT_THAT(Post(kScore, empty_rows), StartsWith("HTTP/1.1 429"));
  const std::string values = "{\"inputs\":[" + Repeated("0,", 100'000) + "0]}";
  const std::string length =
      absl::StrCat("Inference-Header-Content-Length: ", values.size(), "\r\n");
  EXPECT_THAT(Post(kInfer, values), StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(Post(kInfer, values, length), StartsWith("HTTP/1.1 429"));
  EXPECT_TRUE(Eventually([&] { return Metric("advae_call_memory_bytes") == 0; }));
  EXPECT_THAT(Post(kScore, R"({"rows": [{"flow": 1}]})"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpApiTest, RefusesMoreRowsThanARequestMayHave) {
  config_.batching.max_request_rows = 2;
  StartServer();
  EXPECT_THAT(Post(kScore, R"({"rows": [{}, {}]})"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Post(kScore, R"({"rows": [{}, {}, {}]})"), HasSubstr("has 3 rows"));
}

TEST_F(HttpApiTest, RefusesDeepBodies) {
  StartServer();
  for (const char* const path : {kScore, kInfer}) {
    EXPECT_THAT(Post(path, "{\"rows\":" + Repeated("[", 100'000)), HasSubstr("at most 32 deep"));
  }
}

TEST_F(HttpApiTest, NamesANumberThatIsTooLarge) {
  StartServer();
  EXPECT_THAT(Post(kScore, R"({"rows": [{"flow": -1e400}]})"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("the number -1e400 up to byte 25")));
  EXPECT_THAT(Post(kInfer, R"({"inputs": [1e400]})"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("the number 1e400")));
  // Not what is no number at all.
  EXPECT_THAT(Post(kScore, R"({"rows": [{"flow": 1e}]})"), HasSubstr("is no JSON from byte"));
}

TEST_F(HttpApiTest, TakesNoEncodedBody) {
  StartServer();
  const std::string body = R"({"rows": [{"flow": 1}]})";
  for (const char* const path : {kScore, kInfer}) {
    EXPECT_THAT(Post(path, body, "Content-Encoding: gzip\r\n"),
                AllOf(StartsWith("HTTP/1.1 415"), HasSubstr("Accept-Encoding: identity"),
                      HasSubstr("Content-Encoding \\\"gzip\\\"")));
  }
  EXPECT_EQ(Count("INVALID_ARGUMENT", "http/score"), 1);
  EXPECT_THAT(Post(kScore, body, "Content-Encoding: identity\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpApiTest, OfMembersWithOneNameTheLastCounts) {
  StartServer();
  const std::string answer =
      Post(kScore, R"({"alpha": 0.5, "rows": [{"flow": 1}], "alpha": 0.25})");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr(R"("alpha":0.25)")));
}

TEST_F(HttpApiTest, NullIsNoAlpha) {
  StartServer();
  EXPECT_THAT(Post(kScore, R"({"rows": [{"flow": 1}], "alpha": null})"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("alpha: expected a number")));
}

TEST_F(HttpApiTest, RefusesParametersThatItDoesNotKnow) {
  StartServer();
  const auto get = [this](const char* target) { return Get(server_->http_address(), target); };
  EXPECT_THAT(get("/v1/models/pump/threshold?aplha=0.2"),
              AllOf(StartsWith("HTTP/1.1 400"),
                    HasSubstr("\\\"aplha\\\": expected alpha, version, curve_points")));
  EXPECT_THAT(get("/v1/models/pump/alarms?limits=1"), HasSubstr("expected limit"));
  EXPECT_THAT(get("/v1/models?limit=1"), HasSubstr("expected no parameters"));
  EXPECT_THAT(Post("/v1/models/pump:score?alpha=0.2", R"({"rows": [{"flow": 1}]})"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("expected no parameters")));
  EXPECT_THAT(get("/v1/models/pump/threshold?alpha=0.2&version=1&curve_points=2"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/v1/models/pump/alarms?limit=1"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/v1/models/pump/nothing?limit=1"), StartsWith("HTTP/1.1 404"));
  // Those of the Open Inference Protocol are others' to choose.
  EXPECT_THAT(get("/v2/models/pump?trace=1"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpApiTest, AnswersThatNobodyReadsCountAsMemoryOfCalls) {
  StartServer();
  {
    LoopbackSocket socket(server_->http_address());
    socket.Send(Request(kScore, "{\"rows\":[" + Repeated("{},", 199'999) + "{}]}"));
    constexpr double kText = 10 << 20;  // more than the sockets hold
    EXPECT_TRUE(Eventually([&] {
      return Metric("advae_rpcs_in_flight{method=\"http/score\"}") == 0 &&
             Metric("advae_call_memory_bytes") > kText;
    }));
  }
  EXPECT_TRUE(Eventually([&] { return Metric("advae_call_memory_bytes") == 0; }));
}

TEST_F(HttpApiTest, AnswersThatDoNotFitInMemoryAreRefused) {
  config_.max_call_bytes = 24 << 20;
  StartServer();
  constexpr size_t kRows = 100'000;
  const size_t bytes = kRows * 3 * sizeof(float);
  const std::string json =
      absl::StrCat(R"({"inputs":[{"name":"rows","datatype":"FP32","shape":[)", kRows,
                   R"(,3],"parameters":{"binary_data_size":)", bytes, "}}]");
  // Numbers take two to three times as much as texts.
  for (const bool binary : {true, false}) {
    const std::string head =
        json + (binary ? R"(,"parameters":{"binary_data_output":true}})" : "}");
    EXPECT_THAT(Post(kInfer, head + std::string(bytes, '\0'),
                     absl::StrCat("Inference-Header-Content-Length: ", head.size(), "\r\n")),
                StartsWith(binary ? "HTTP/1.1 200" : "HTTP/1.1 429"));
  }
  // The client's view counts, not that of the scorer.
  EXPECT_EQ(Count("OK", "http/infer"), 1);
  EXPECT_EQ(Count("RESOURCE_EXHAUSTED", "http/infer"), 1);
}

TEST_F(HttpApiTest, CountsWhatIsRefused) {
  StartServer();
  EXPECT_THAT(Post("/v1/models/fan:score", R"({"rows": [{}]})"), StartsWith("HTTP/1.1 404"));
  EXPECT_EQ(Count("NOT_FOUND", "http/score"), 1);
  EXPECT_THAT(Get(server_->http_address(), "/v1/nothing"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(Get(server_->http_address(), "/v1/%ff"), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(Count("NOT_FOUND", "http/other"), 1);
  EXPECT_EQ(Count("INVALID_ARGUMENT", "http/other"), 1);
}

// A page in a browser may have its own name lead to this machine.
TEST_F(HttpApiTest, AnswersNobodyWhoCallsTheLoopbackByAnotherName) {
  config_.http_hosts = "plant.example";
  StartServer();
  for (const std::string& address : {server_->http_address(), server_->metrics_address()}) {
    for (const char* host : {"evil.example", "plant.example"}) {
      LoopbackSocket socket(address);
      socket.Send(
          absl::StrCat("GET /metrics HTTP/1.1\r\nHost: ", host, "\r\nConnection: close\r\n\r\n"));
      const std::string answer = socket.ReadAll();
      EXPECT_EQ(answer.starts_with("HTTP/1.1 421"), host == std::string("evil.example")) << answer;
    }
  }
}

TEST_F(HttpApiTest, TakesNoLargeBodyWhereNothingIsScored) {
  StartServer();
  LoopbackSocket socket(server_->http_address());
  socket.Send("POST /v1/models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  EXPECT_THAT(socket.ReadAll(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpApiTest, TheServerEndsWhileARequestIsScored) {
  PublishBundle(testing::HeavyBundle("heavy"));
  config_.drain_timeout = absl::ZeroDuration();
  StartServer();
  LoopbackSocket socket(server_->http_address());
  socket.Send(Request("/v1/models/heavy:score",
                      "{\"rows\":[" +
                          Repeated("{\"flow\":1,\"pressure\":1,\"temp\xc3\xa9rature\":1},", 9) +
                          "{}]}"));
  EXPECT_TRUE(
      Eventually([&] { return Metric("advae_rpcs_in_flight{method=\"http/score\"}") == 1; }));
  server_.reset();
}

}  // namespace
}  // namespace advae
