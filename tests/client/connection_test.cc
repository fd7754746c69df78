#include "client/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <limits>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/base/file_descriptor.h"
#include "tests/client/fake_server.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::_;
using ::testing::HasSubstr;

struct PolicyCase {
  std::string name;
  RetryPolicy policy;
  std::string message;
};
void PrintTo(const PolicyCase& c, std::ostream* out) { *out << c.name; }

class BadRetryPolicy : public ::testing::TestWithParam<PolicyCase> {};

TEST_P(BadRetryPolicy, IsRefused) {
  const auto refused = StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message));
  EXPECT_THAT(ValidateRetryPolicy(GetParam().policy), refused);
  EXPECT_THAT(
      CreateRetryingChannel("127.0.0.1:1", grpc::InsecureChannelCredentials(), GetParam().policy),
      refused);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadRetryPolicy,
    ::testing::Values(
        PolicyCase{"NoAttempt", {.max_attempts = 0}, "max_attempts is 0; expected 1 to 5"},
        PolicyCase{"TooManyAttempts", {.max_attempts = 6}, "max_attempts is 6"},
        PolicyCase{"NoBackoff", {.initial_backoff = absl::ZeroDuration()}, "initial_backoff is 0"},
        PolicyCase{"BackoffsReversed",
                   {.initial_backoff = absl::Seconds(2), .max_backoff = absl::Seconds(1)},
                   "max_backoff is 1s"},
        PolicyCase{
            "EndlessBackoff", {.max_backoff = absl::InfiniteDuration()}, "max_backoff is inf"},
        PolicyCase{"Shrinking", {.multiplier = 0.5}, "multiplier is 0.5; expected at least 1"},
        PolicyCase{
            "NaN", {.multiplier = std::numeric_limits<double>::quiet_NaN()}, "multiplier is nan"}),
    [](const auto& info) { return info.param.name; });

TEST(RetryPolicy, DefaultsAndLimitsAreValid) {
  EXPECT_THAT(ValidateRetryPolicy({}), IsOk());
  EXPECT_THAT(ValidateRetryPolicy({.max_attempts = 1, .multiplier = 1}), IsOk());
  EXPECT_THAT(ValidateRetryPolicy({.max_attempts = 5,
                                   .initial_backoff = absl::Nanoseconds(1),
                                   .max_backoff = absl::Nanoseconds(1)}),
              IsOk());
}

TEST(CreateRetryingChannel, RefusesAnEmptyTarget) {
  EXPECT_THAT(CreateRetryingChannel("", grpc::InsecureChannelCredentials(), {}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected HOST:PORT")));
}

TEST(CreateRetryingChannel, RefusesAKeepaliveWithoutTime) {
  for (const Keepalive& keepalive :
       {Keepalive{.interval = absl::ZeroDuration()}, Keepalive{.timeout = absl::Seconds(-1)}}) {
    EXPECT_THAT(
        CreateRetryingChannel("127.0.0.1:1", grpc::InsecureChannelCredentials(), {}, keepalive),
        StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be above 0")));
  }
}

TEST(CreateRetryingChannel, PassesNoProxyOnTheWayToThisMachine) {
  const testing::FakeServer server;
  ASSERT_EQ(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
  const auto client = Client::Create({.target = server.address()});
  ASSERT_EQ(unsetenv("http_proxy"), 0);
  ASSERT_THAT(client, IsOk());
  EXPECT_THAT((*client)->IsServing(), IsOk());
}

// Takes one connection and says nothing after its preface, as if the link was cut.
class SilentServer {
 public:
  SilentServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_.get(), any, size), 0);
    EXPECT_EQ(listen(listener_.get(), 1), 0);
    EXPECT_EQ(getsockname(listener_.get(), any, &size), 0);
    port_ = ntohs(address.sin_port);
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  void Accept() {
    connection_ = FileDescriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    constexpr char kEmptySettings[] = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    EXPECT_EQ(send(connection_.get(), kEmptySettings, sizeof(kEmptySettings), MSG_NOSIGNAL),
              sizeof(kEmptySettings));
  }

 private:
  FileDescriptor listener_;
  FileDescriptor connection_;
  int port_ = 0;
};

TEST(CreateRetryingChannel, EndsCallsOnAConnectionThatWasCut) {
  SilentServer server;
  const auto client = Client::Create(
      {.target = server.address(),
       .timeout = absl::Seconds(60),
       .keepalive = {.interval = absl::Milliseconds(50), .timeout = absl::Milliseconds(50)}});
  ASSERT_THAT(client, IsOk());
  std::thread accepting([&server] { server.Accept(); });
  EXPECT_THAT((*client)->IsServing(), StatusIs(absl::StatusCode::kUnavailable, _));
  accepting.join();
}

TEST(FromGrpcStatus, IsMarkedAsTheServers) {
  EXPECT_TRUE(IsFromServer(FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "why"))));
  EXPECT_FALSE(IsFromServer(FromGrpcStatus(grpc::Status::OK)));
  EXPECT_FALSE(IsFromServer(absl::NotFoundError("why")));
}

TEST(FromGrpcStatus, KeepsCodeAndMessage) {
  EXPECT_THAT(FromGrpcStatus(grpc::Status::OK), IsOk());
  for (int code = 1; code <= 16; ++code) {
    const grpc::Status status(static_cast<grpc::StatusCode>(code), "why");
    EXPECT_THAT(FromGrpcStatus(status),
                StatusIs(static_cast<absl::StatusCode>(code), HasSubstr("why")));
  }
}

TEST(FromGrpcStatus, KeepsCodeMessageAndDetails) {
  const absl::Status status =
      FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no model", "details"));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, "no model"));
  EXPECT_TRUE(IsFromServer(status));
  EXPECT_EQ(DetailsOf(status), "details");
}

TEST(FromGrpcStatus, AnErrorOfSomethingElseHasNoDetails) {
  EXPECT_EQ(DetailsOf(absl::NotFoundError("no file")), "");
  EXPECT_EQ(DetailsOf(FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no model"))), "");
}

}  // namespace
}  // namespace advae
