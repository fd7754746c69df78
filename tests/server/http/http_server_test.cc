#include "server/http/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/steady_notification.h"
#include "server/transport/tls_keys.h"
#include "tests/testing/certificates.h"
#include "tests/testing/loopback_socket.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace asio = boost::asio;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::LoopbackSocket;
using ::testing::StartsWith;

constexpr absl::Duration kLimit = absl::Seconds(60);
constexpr char kQuick[] = "GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
constexpr char kSlow[] = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";

// A server that answers "/quick" at once and leaves other requests open.
class HttpServerTest : public ::testing::Test {
 protected:
  void SetUp() override { Start(nullptr); }

  void Start(const TlsKeySource* tls) {
    server_.reset();
    ASSERT_OK_AND_ASSIGN(ListeningSockets listening, Listen("127.0.0.1:0"));
    server_ = HttpServer::Start(
        std::move(listening), {.max_connections = 16, .tls = tls}, budget_,
        [this](std::shared_ptr<const HttpRequest> request, HttpServer::Answer answer) {
          if (request->path == "/quick") return answer({.body = "quick"});
          absl::MutexLock lock(&mutex_);
          open_.emplace_back(std::move(request), std::move(answer));
        });
    address_ = absl::StrCat("127.0.0.1:", server_->port());
  }

  // An answer shows that the server has seen what other clients did before it was asked.
  std::string AskQuickly() {
    LoopbackSocket socket(address_);
    socket.Send(kQuick);
    return socket.ReadAll();
  }

  // The oldest request that is open, once there is one.
  std::pair<std::shared_ptr<const HttpRequest>, HttpServer::Answer> TakeOpen() {
    absl::MutexLock lock(&mutex_);
    const auto has_one = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !open_.empty(); };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&has_one), kLimit)) {
      ADD_FAILURE() << "no request has come";
      return {std::make_shared<HttpRequest>(), [](const HttpResponse&) {}};
    }
    auto oldest = std::move(open_.front());
    open_.erase(open_.begin());
    return oldest;
  }

  static bool Goes(const HttpRequest& request) {
    for (const absl::Time end = absl::Now() + kLimit; absl::Now() < end;) {
      if (request.client_has_gone->load()) return true;
    }
    return false;
  }

  MemoryBudget budget_{uint64_t{4} << 20};
  absl::Mutex mutex_;
  std::vector<std::pair<std::shared_ptr<const HttpRequest>, HttpServer::Answer>> open_
      ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<HttpServer> server_;
  std::string address_;
};

TEST_F(HttpServerTest, NoticesThatAClientHasGone) {
  std::optional<LoopbackSocket> client(address_);
  client->Send(kSlow);
  auto [request, answer] = TakeOpen();
  EXPECT_THAT(AskQuickly(), HasSubstr("quick"));
  EXPECT_FALSE(request->client_has_gone->load());

  client.reset();
  EXPECT_TRUE(Goes(*request));
  answer({.body = "late"});
  EXPECT_THAT(AskQuickly(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AClientThatSendsAheadIsThereUntilItGoes) {
  std::optional<LoopbackSocket> client(address_);
  client->Send(absl::StrCat(kSlow, kQuick));
  auto [request, answer] = TakeOpen();
  EXPECT_THAT(AskQuickly(), HasSubstr("quick"));
  EXPECT_FALSE(request->client_has_gone->load());

  client.reset();
  EXPECT_TRUE(Goes(*request));
  answer({});
}

TEST_F(HttpServerTest, AnswersAClientThatSendsAhead) {
  LoopbackSocket client(address_);
  client.Send(absl::StrCat(kSlow, kQuick));
  auto [request, answer] = TakeOpen();
  answer({.body = "slow"});
  const std::string answers = client.ReadAll();
  EXPECT_LT(answers.find("slow"), answers.find("quick")) << answers;
  EXPECT_FALSE(request->client_has_gone->load());
}

// All that is answered to a request framed so, with another one behind it.
class FramingTest : public HttpServerTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(FramingTest, IsRefusedAndNothingBehindItIsTakenForARequest) {
  LoopbackSocket client(address_);
  client.Send(absl::StrCat("POST /quick HTTP/1.", GetParam(), "\r\nHost: a\r\n\r\n", kQuick));
  const std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos) << answer;
}

INSTANTIATE_TEST_SUITE_P(
    All, FramingTest,
    ::testing::Values(
        "1\r\nTransfer-Encoding: chunked, chunked", "1\r\nTransfer-Encoding: xchunked",
        "1\r\nTransfer-Encoding: gzip, chunked", "1\r\nTransfer-Encoding: chunked, gzip",
        "1\r\nTransfer-Encoding: chunked;q=1", "1\r\nTransfer-Encoding: identity",
        "1\r\nTransfer-Encoding: \"chunked\"",
        "1\r\nTransfer-Encoding:", "1\r\nTransfer-Encoding: \vchunked",
        "1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "1\r\nTransfer-Encoding: xchunked\r\nContent-Length: 4",
        "1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
        "1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4", "1\r\nTransfer-Encoding : chunked",
        "1\r\nContent-Length: 4\r\nContent-Length: 5", "1\r\nContent-Length: 4, 5",
        "1\r\nContent-Length: +4", "1\r\nContent-Length: 0x4", "1\r\nContent-Length: -1",
        "0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked"));

TEST_F(HttpServerTest, ReadsChunksAndNoFieldsOfTheirTrailer) {
  LoopbackSocket client(address_);
  client.Send(
      "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n"
      "X-Own: header\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n"
      "Authorization: Bearer t\r\nX-Own: trailer\r\nConnection: keep-alive\r\n\r\n");
  auto [request, answer] = TakeOpen();
  EXPECT_EQ(request->body, "abc");
  EXPECT_EQ(request->headers.at("x-own"), "header");
  EXPECT_FALSE(request->headers.contains("authorization"));
  answer({.body = "done"});
  EXPECT_THAT(client.ReadAll(), HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(HttpServerTest, HoldsTheMemoryOfAnAnswerUntilItIsSent) {
  constexpr size_t kBytes = 32 << 20;  // more than the buffers of a connection take
  MemoryBudget budget(1 << 30);
  auto lease = std::make_shared<MemoryLease>(budget);
  ASSERT_TRUE(lease->Grow(kBytes).ok());
  LoopbackSocket client(address_);
  client.Send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  TakeOpen().second({.body = std::string(kBytes, 'x'), .lease = std::move(lease)});
  AskQuickly();
  EXPECT_EQ(budget.held(), kBytes);
  EXPECT_GT(client.ReadAll().size(), kBytes);
  AskQuickly();
  EXPECT_EQ(budget.held(), 0);
}

TEST_F(HttpServerTest, LeasesTheMemoryOfABodyAsItComes) {
  constexpr size_t kBytes = 3 << 20;
  LoopbackSocket client(address_);
  client.Send(
      absl::StrCat("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: ", kBytes, "\r\n\r\n"));
  AskQuickly();
  EXPECT_LE(budget_.held(), uint64_t{64} << 10) << "for a header alone";
  client.Send(std::string(kBytes, 'x'));
  {
    const auto [request, answer] = TakeOpen();
    EXPECT_EQ(request->body, std::string(kBytes, 'x'));
    EXPECT_EQ(request->lease->held(), kBytes);
    answer({});
  }
  // More than there is of the budget is refused before it comes.
  LoopbackSocket other(address_);
  other.Send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n");
  EXPECT_THAT(other.ReadAll(), StartsWith("HTTP/1.1 429 "));
}

TEST_F(HttpServerTest, RefusesARequestBeforeItsBody) {
  ASSERT_OK_AND_ASSIGN(ListeningSockets listening, Listen("127.0.0.1:0"));
  const auto server = HttpServer::Start(
      std::move(listening),
      {.refuse = [](const HttpRequest& header, uint64_t bytes) -> std::optional<HttpResponse> {
        if (header.headers.contains("authorization")) return std::nullopt;
        return HttpResponse{.status = 401, .body = absl::StrCat(bytes)};
      }},
      budget_, [](const std::shared_ptr<const HttpRequest>&, const HttpServer::Answer& answer) {
        answer({.body = "taken"});
      });
  LoopbackSocket client(absl::StrCat("127.0.0.1:", server->port()));
  // Without a body, the connection is good for more.
  client.Send("GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
  client.Send("GET /b HTTP/1.1\r\nHost: a\r\nAuthorization: x\r\n\r\n");
  client.Send("POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  const std::string answers = client.ReadAll();
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(answers, HasSubstr("taken"));
  EXPECT_THAT(answers, EndsWith("\r\n\r\n1000"));
}

TEST_F(HttpServerTest, ADrainDoesNotWaitForABodyThatDoesNotCome) {
  LoopbackSocket client(address_);
  client.Send("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  AskQuickly();
  server_->BeginDrain();
  EXPECT_EQ(client.ReadAll(), "");
  server_->WaitUntilDrained(kLimit);
}

TEST_F(HttpServerTest, ADrainWaitsForAnswers) {
  LoopbackSocket client(address_);
  client.Send(kSlow);
  const auto [request, answer] = TakeOpen();
  server_->BeginDrain();
  std::thread late([&answer = answer] { answer({.body = "late"}); });
  server_->WaitUntilDrained(kLimit);
  late.join();
  EXPECT_THAT(client.ReadAll(), HasSubstr("late"));
}

TEST_F(HttpServerTest, EachAddressAcceptsAgainAfterDescriptorsRanOut) {
  ASSERT_OK_AND_ASSIGN(ListeningSockets listening, Listen("127.0.0.1:0"));
  ASSERT_OK_AND_ASSIGN(ListeningSockets other, Listen("127.0.0.1:0"));
  const std::vector<uint16_t> ports = {listening.port, other.port};
  listening.sockets.push_back(std::move(other.sockets.front()));
  const auto server =
      HttpServer::Start(std::move(listening), {}, budget_,
                        [](const std::shared_ptr<const HttpRequest>&,
                           const HttpServer::Answer& answer) { answer({.body = "quick"}); });
  const std::string address = absl::StrCat("127.0.0.1:", ports.front());
  LoopbackSocket earlier(address);
  asio::io_context context;
  std::vector<asio::ip::tcp::socket> clients;
  for (int i = 0; i < 2; ++i) clients.emplace_back(context, asio::ip::tcp::v4());
  {
    LoopbackSocket last(address);
    last.Send(kQuick);
    ASSERT_THAT(last.ReadAll(), HasSubstr("quick")) << "after all earlier ones were accepted";
  }

  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none = {.rlim_cur = 3, .rlim_max = limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  absl::Cleanup raise = [&limit] { setrlimit(RLIMIT_NOFILE, &limit); };
  for (size_t i = 0; i < clients.size(); ++i) {
    clients[i].connect({asio::ip::address_v4::loopback(), ports[i]});
  }
  // Its answer shows that the server has seen the two.
  earlier.Send(kQuick);
  const std::string answer = earlier.ReadAll();
  std::move(raise).Invoke();
  EXPECT_THAT(answer, HasSubstr("quick"));

  for (asio::ip::tcp::socket& client : clients) {
    const timeval patience = {.tv_sec = 10, .tv_usec = 0};
    const int socket = client.native_handle();
    ASSERT_EQ(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    ASSERT_GT(send(socket, kQuick, sizeof(kQuick) - 1, MSG_NOSIGNAL), 0);
    std::string begin(12, '\0');
    EXPECT_GT(recv(socket, begin.data(), begin.size(), 0), 0) << "not accepted";
    EXPECT_EQ(begin, "HTTP/1.1 200");
  }
}

TEST_F(HttpServerTest, NoticesThatAClientWithTlsHasGone) {
  const testing::TemporaryFolder folder;
  const testing::Authority authority;
  const testing::CertifiedKey keys = authority.Issue("server.example");
  std::ofstream(folder.path() / "cert.pem") << keys.cert;
  std::ofstream(folder.path() / "key.pem") << keys.key;
  ASSERT_OK_AND_ASSIGN(
      const std::unique_ptr<TlsKeySource> source,
      TlsKeySource::Open({.cert = folder.path() / "cert.pem", .key = folder.path() / "key.pem"}));
  Start(source.get());

  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  {
    asio::ssl::stream<asio::ip::tcp::socket> client(context, tls);
    client.next_layer().connect({asio::ip::address_v4::loopback(), server_->port()});
    client.handshake(asio::ssl::stream_base::client);
    asio::write(client, asio::buffer(std::string_view(kSlow)));
    auto [request, answer] = TakeOpen();
    EXPECT_FALSE(request->client_has_gone->load());
    // Tells its end within TLS, too, as clients do that close in good order.
    SSL_shutdown(client.native_handle());
    client.next_layer().close();
    EXPECT_TRUE(Goes(*request));
    answer({});
  }
  server_.reset();
}

}  // namespace
}  // namespace advae
