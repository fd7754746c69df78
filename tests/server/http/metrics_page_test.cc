#include "server/http/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/access/token.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::LoopbackSocket;
using ::testing::StartsWith;

class MetricsPageTest : public ::testing::Test {
 protected:
  void SetUp() override { Start({}); }

  // A server that asks for grants if there are any.
  void Start(std::vector<Grant> grants) {
    access_ =
        std::make_unique<AccessControl>(AccessControl::Options{.asks_for_grants = !grants.empty()});
    access_->SetGrants(std::move(grants));
    server_.reset();
    ASSERT_OK_AND_ASSIGN(ListeningSockets listening, Listen("127.0.0.1:0"));
    server_ = HttpServer::Start(std::move(listening), {.max_connections = 16}, budget_,
                                MetricsPage(*access_, [this] { return page_; }));
    address_ = absl::StrCat("127.0.0.1:", server_->port());
  }

  // The answer to a request that is the last of its connection; `head` is its first line.
  std::string Ask(const std::string& head, const std::string& fields = "") {
    LoopbackSocket socket(address_);
    socket.Send(absl::StrCat(head, "\r\nHost: a\r\nConnection: close\r\n", fields, "\r\n"));
    return socket.ReadAll();
  }

  MemoryBudget budget_{uint64_t{1} << 20};
  std::string page_ = "a 1\n";
  std::unique_ptr<AccessControl> access_;
  std::unique_ptr<HttpServer> server_;
  std::string address_;
};

TEST_F(MetricsPageTest, AnswersWithThePage) {
  const std::string answer = Ask("GET /metrics?x=1 HTTP/1.1");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\na 1\n"));
}

TEST_F(MetricsPageTest, AnswersHeadWithoutThePage) {
  const std::string answer = Ask("HEAD /metrics HTTP/1.1");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(MetricsPageTest, AnswersOneScrapeAfterTheOtherOnAConnection) {
  LoopbackSocket socket(address_);
  socket.Send(
      "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answers = socket.ReadAll();
  EXPECT_EQ(answers.find("a 1\n") == answers.rfind("a 1\n"), false) << answers;
}

TEST_F(MetricsPageTest, RefusesWhatIsNoScrape) {
  EXPECT_THAT(Ask("GET / HTTP/1.1"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("POST /metrics HTTP/1.1"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask("hello"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1", absl::StrCat("X: ", std::string(1 << 15, 'x'), "\r\n")),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(MetricsPageTest, SendsAPageThatFitsNoBuffer) {
  page_ = std::string(20 << 20, 'x');
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1"), EndsWith(page_));
}

TEST_F(MetricsPageTest, AnswersWhileManyAreSilentOrSlowOrDoNotRead) {
  page_ = std::string(1 << 20, 'x');
  std::deque<LoopbackSocket> others;
  for (int i = 0; i < 200; ++i) {
    LoopbackSocket& socket = others.emplace_back(address_);
    ASSERT_TRUE(socket.connected());
    if (i % 3 == 1) socket.Send("GET /met");
    if (i % 3 == 2) socket.Send("GET /metrics HTTP/1.1\r\n\r\n");
  }
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1"), EndsWith(page_));
  // The oldest had to go, or the others would hold descriptors without a bound.
  EXPECT_EQ(others.front().ReadAll(), "");
}

TEST_F(MetricsPageTest, IsForThoseWhoMaySeeAllModels) {
  std::vector<Grant> grants = {{.name = "all"}, {.name = "some", .models = {"pump*"}}};
  std::vector<std::string> fields;
  for (Grant& grant : grants) {
    ASSERT_OK_AND_ASSIGN(const std::string token, MakeToken(grant));
    fields.push_back(absl::StrCat("Authorization: Bearer ", token, "\r\n"));
  }
  Start(grants);
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1", fields[0]), EndsWith("a 1\n"));
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1", fields[1]), StartsWith("HTTP/1.1 403 "));
  const std::string refused = Ask("GET /metrics HTTP/1.1");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(refused, HasSubstr("\r\nWWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1", "Authorization: Basic YTpi\r\n"),
              StartsWith("HTTP/1.1 401 "));
}

}  // namespace
}  // namespace advae
