// Bodies over HTTP that become more than they are, answers that nobody reads, and the end of the
// server meanwhile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/server/services/service_test.h"
#include "tests/testing/loopback_socket.h"

namespace advae {
namespace {

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
    return absl::StrCat("POST ", std::string(path), " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n",
                        headers, "Content-Length: ", body.size(), "\r\n\r\n", body);
  }
  // The answer, with its header.
  std::string Post(std::string_view path, const std::string& body,
                   const std::string& headers = "") {
    LoopbackSocket socket(server_->http_address());
    socket.Send(Request(path, body, headers));
    return socket.ReadAll();
  }
  std::string Get(const std::string& address, std::string_view path) {
    LoopbackSocket socket(address);
    socket.Send(absl::StrCat("GET ", std::string(path),
                             " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    return socket.ReadAll();
  }

  // Of a series without labels, or with those that follow its name.
  double Metric(const std::string& series) {
    const std::string page = Get(server_->metrics_address(), "/metrics");
    const std::string line = absl::StrCat("\n", series, " ");
    const size_t at = page.find(line);
    double value = -1;
    if (at == std::string::npos) return value;
    const size_t begin = at + line.size();
    EXPECT_TRUE(absl::SimpleAtod(page.substr(begin, page.find('\n', begin) - begin), &value));
    return value;
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
