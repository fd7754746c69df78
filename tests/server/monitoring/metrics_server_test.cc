#include "server/monitoring/metrics_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "absl/strings/str_cat.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::LoopbackSocket;
using ::testing::StartsWith;

class MetricsServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(server_, MetricsServer::Start("127.0.0.1:0", [this] { return page_; }));
    address_ = absl::StrCat("127.0.0.1:", server_->port());
  }

  std::string Ask(const std::string& request) {
    LoopbackSocket socket(address_);
    socket.Send(request);
    return socket.ReadAll();
  }

  std::string page_ = "a 1\n";
  std::unique_ptr<MetricsServer> server_;
  std::string address_;
};

TEST_F(MetricsServerTest, AnswersWithThePage) {
  const std::string answer = Ask("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\na 1\n"));
}

TEST_F(MetricsServerTest, AnswersHeadWithoutThePage) {
  const std::string answer = Ask("HEAD /metrics HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(MetricsServerTest, RefusesWhatIsNoScrape) {
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(std::string(8192, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST_F(MetricsServerTest, SendsAPageThatFitsNoBuffer) {
  page_ = std::string(20 << 20, 'x');
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"), EndsWith(page_));
}

TEST_F(MetricsServerTest, AnswersWhileManyAreSilentOrSlowOrDoNotRead) {
  page_ = std::string(1 << 20, 'x');
  std::deque<LoopbackSocket> others;
  for (int i = 0; i < 200; ++i) {
    LoopbackSocket& socket = others.emplace_back(address_);
    ASSERT_TRUE(socket.connected());
    if (i % 3 == 1) socket.Send("GET /met");
    if (i % 3 == 2) socket.Send("GET /metrics HTTP/1.1\r\n\r\n");
  }
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"), EndsWith(page_));
  // The oldest had to go, or the others would hold descriptors without a bound.
  EXPECT_EQ(others.front().ReadAll(), "");
}

TEST(MetricsServerStartTest, NamesAnAddressThatItCannotHave) {
  ASSERT_OK_AND_ASSIGN(const auto first, MetricsServer::Start("127.0.0.1:0", [] { return ""; }));
  const auto second =
      MetricsServer::Start(absl::StrCat("127.0.0.1:", first->port()), [] { return ""; });
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(MetricsServer::Start("192.0.2.1:0", [] { return ""; }).ok());
}

}  // namespace
}  // namespace advae
