#include "client/cli/cli.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"
#include "tests/testing/certificates.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::Result;
using ::advae::testing::RunProgram;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Lets the first questions for its health wait until they are given up.
class SlowHealthServer : private grpc::health::v1::Health::Service {
 public:
  explicit SlowHealthServer(int unanswered,
                            const std::shared_ptr<grpc::ServerCredentials>& credentials =
                                grpc::InsecureServerCredentials())
      : unanswered_(unanswered) {
    grpc::EnableDefaultHealthCheckService(false);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~SlowHealthServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  grpc::Status Check(grpc::ServerContext* context, const grpc::health::v1::HealthCheckRequest*,
                     grpc::health::v1::HealthCheckResponse* response) override {
    if (unanswered_-- > 0) {
      while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
      return grpc::Status::CANCELLED;
    }
    response->set_status(grpc::health::v1::HealthCheckResponse::SERVING);
    return grpc::Status::OK;
  }

  std::atomic<int> unanswered_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(CliTest, Health) {
  EXPECT_EQ(RunJson("health").json(),
            nlohmann::ordered_json({{"server", server_.address()}, {"status", "SERVING"}}));
  server_.SetServing("advae.repository", true);
  EXPECT_EQ(RunJson("health").json()["repository"], "READABLE");
  server_.SetServing("advae.repository", false);
  EXPECT_EQ(RunJson("health").json()["repository"], "NOT_READABLE");
  EXPECT_EQ(RunJson("health").json()["status"], "SERVING");
  server_.SetServing(false);
  const Result result = Run("health --output=json");
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_EQ(result.json()["status"], "NOT_SERVING");
}

TEST_F(CliTest, HealthWaitsForAServerThatIsNotReady) {
  server_.SetServing(false);
  EXPECT_EQ(Run("health --wait=0.2 --output=json").exit_code, kExitFailure);
  std::thread later([&] {
    absl::SleepFor(absl::Milliseconds(200));
    server_.SetServing(true);
  });
  EXPECT_EQ(RunJson("health --wait=60").json()["status"], "SERVING");
  later.join();
}

TEST_F(CliTest, HealthWaitsForAServerThatDoesNotListenYet) {
  const std::string command = "health --server=unix:/nonexistent --wait=";
  EXPECT_EQ(RunProgram(command + "0.2", {}, "", cancellation_).exit_code, kExitFailure);
  EXPECT_EQ(RunProgram(command + "-1", {}, "", cancellation_).exit_code, kExitUsage);
}

TEST_F(CliTest, HealthWaitsForAnAnswerNoLongerThanTold) {
  const SlowHealthServer server(/*unanswered=*/1000);
  const std::string command = "health --server=" + server.address() + " --timeout=60 --wait=0.3";
  const absl::Time start = absl::Now();
  const Result result = RunProgram(command, {}, "", cancellation_);
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, HasSubstr("DEADLINE_EXCEEDED"));
  EXPECT_LT(absl::Now() - start, absl::Seconds(30));
}

TEST_F(CliTest, HealthAsksAgainWhenThereWasNoAnswerInTime) {
  const SlowHealthServer server(/*unanswered=*/2);
  const std::string command = "health --server=" + server.address() + " --timeout=0.5 --wait=60";
  const Result result = RunProgram(command, {}, "", cancellation_);
  EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
}

// The variables of a server with TLS, in whose container its health check runs.
TEST_F(CliTest, HealthTakesAnyCertificateOfItsOwnServer) {
  const testing::Authority authority;
  const testing::CertifiedKey own =
      authority.IssueTo({.common_name = "server.example", .alternatives = "DNS:server.example"});
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = authority.pem();
  tls.pem_key_cert_pairs.push_back({.private_key = own.key, .cert_chain = own.cert});
  const SlowHealthServer server(/*unanswered=*/0, grpc::SslServerCredentials(tls));
  const std::string command = "health --server=" + server.address() +
                              " --tls-cert=" + File(own.cert) + " --tls-key=" + File(own.key);
  EXPECT_EQ(RunProgram(command, {}, "", cancellation_).exit_code, kExitFailure);
  const Result result = RunProgram(command + " --tls-own-server", {}, "", cancellation_);
  EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
}

TEST_F(CliTest, AnyCertificateIsTakenOfNoOtherMachineAndForNoToken) {
  for (const std::string other : {"--server=example.com:1", "--token-file=/no/token"}) {
    const Result result = RunProgram("health --tls-own-server " + other, {}, "", cancellation_);
    EXPECT_EQ(result.exit_code, kExitFailure);
    EXPECT_THAT(result.err, HasSubstr("--tls-own-server is for a server on loopback"));
  }
}

TEST_F(CliTest, FlagsMayHaveUnderscores) {
  const Result result =
      RunJson("score pump --data=- --top_features=2", "time,heat,flow\nnoon,2,1\n");
  EXPECT_EQ(result.json()[0]["contributions"].size(), 2);
}

TEST_F(CliTest, GlobalOptionsMayComeBeforeTheCommand) {
  const Result result =
      RunProgram("--output=json --server=" + server_.address() + " models", {}, "", cancellation_);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_TRUE(result.json().contains("models"));
}

TEST_F(CliTest, TheEnvironmentNamesTheServer) {
  ASSERT_EQ(setenv("ADVAE_SERVER", server_.address().c_str(), 1), 0);
  EXPECT_EQ(RunProgram("models", {}, "", cancellation_).exit_code, kExitSuccess);
  EXPECT_EQ(RunProgram("models --server=unix:/nonexistent", {}, "", cancellation_).exit_code,
            kExitFailure);
  ASSERT_EQ(unsetenv("ADVAE_SERVER"), 0);
}

TEST_F(CliTest, FullDiskIsAFailure) {
  std::ofstream full("/dev/full");
  std::istringstream in;
  std::ostringstream err;
  const std::string server = "--server=" + server_.address();
  const char* const argv[] = {"advae", "models", server.c_str()};
  EXPECT_EQ(RunCli(3, argv, {.in = in, .out = full, .err = err}, cancellation_), kExitFailure);
  EXPECT_THAT(err.str(), HasSubstr("cannot write to standard output"));
}

TEST_F(CliTest, ATokenThatCannotBePrintedIsRevoked) {
  std::ofstream full("/dev/full");
  std::istringstream in;
  std::ostringstream err;
  const std::string path = folder_.path() / "tokens.json";
  const std::string file = "--file=" + path;
  const char* const argv[] = {"advae",      "token",         "create",
                              file.c_str(), "--name=reader", "--role=viewer"};
  EXPECT_EQ(RunCli(6, argv, {.in = in, .out = full, .err = err}, cancellation_), kExitFailure);
  EXPECT_THAT(err.str(), HasSubstr("cannot write the token to standard output; it was revoked"));
  EXPECT_EQ(RunProgram("token list --output=json " + file, {}, "", cancellation_).out, "[]\n");
}

TEST_F(CliTest, AGrantOfASubjectHasNoToken) {
  const std::string path = folder_.path() / "tokens.json";
  const auto run = [&](const std::string& line) {
    return RunProgram("token " + line + " --file=" + path, {}, "", cancellation_);
  };
  const Result created =
      run("create --name=etl --role=trainer --models=pump* --subject=auth0|0a1b");
  EXPECT_EQ(created.exit_code, kExitSuccess) << created.err;
  EXPECT_THAT(created.out, IsEmpty());
  const auto listed = run("list --output=json").json();
  ASSERT_EQ(listed.size(), 1);
  EXPECT_EQ(listed[0]["kind"], "subject");
  EXPECT_EQ(listed[0]["subject"], "auth0|0a1b");
  EXPECT_TRUE(listed[0]["id"].is_null());
  const Result twice = run("create --name=etl2 --role=viewer --subject=auth0|0a1b");
  EXPECT_EQ(twice.exit_code, kExitFailure);
  EXPECT_THAT(twice.err, HasSubstr("the subject \"auth0|0a1b\" is there twice"));
  EXPECT_EQ(run("create --name=etl --role=viewer --subject=other").exit_code, kExitSuccess);
  EXPECT_THAT(run("revoke --subject=none").err, HasSubstr("no grant of the subject \"none\""));
  EXPECT_EQ(run("revoke --subject=auth0|0a1b").exit_code, kExitSuccess);
  EXPECT_EQ(run("list --output=json").json()[0]["subject"], "other");
}

TEST(Cli, UnreachableServerIsNamed) {
  Cancellation cancellation;
  const Result result = RunProgram("models --server=unix:/nonexistent.sock", {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(result.err, StartsWith("advae: server unix:/nonexistent.sock: UNAVAILABLE: "));
  EXPECT_THAT(result.out, IsEmpty());
}

struct UsageCase {
  std::string name;
  std::string line;
  std::string message;
};
void PrintTo(const UsageCase& c, std::ostream* out) { *out << c.name; }

class WrongUsage : public ::testing::TestWithParam<UsageCase> {};

TEST_P(WrongUsage, ExitsWithTwoAndSaysWhy) {
  Cancellation cancellation;
  const Result result = RunProgram(GetParam().line, {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitUsage);
  EXPECT_THAT(result.err, HasSubstr(GetParam().message));
  EXPECT_THAT(result.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongUsage,
    ::testing::Values(
        UsageCase{"NoCommand", "", "A command is required"},
        UsageCase{"UnknownCommand", "trian pump", "trian"},
        UsageCase{"UnknownOption", "models --colour", "--colour"},
        UsageCase{"NoName", "train --data=x.csv", "name is required"},
        UsageCase{"NoData", "score pump", "--data is required"},
        UsageCase{"UnknownFormat", "models --output=xml", "xml"},
        UsageCase{"NoNumber", "score pump --data=- --alpha=small", "small"},
        UsageCase{"VersionZero", "score pump --data=- --version=0", "--version"},
        UsageCase{"NoTimeout", "models --timeout=0", "--timeout"},
        UsageCase{"EmptySubject",
                  "token create --file=t --name=a --role=admin --subject=", "--subject"},
        UsageCase{"NothingToRevoke", "token revoke --file=t", "--name, --id or --subject"},
        UsageCase{"TwoCommands", "models health", "health"}),
    [](const auto& info) { return info.param.name; });

class Help : public ::testing::TestWithParam<std::string> {};

TEST_P(Help, HasExamples) {
  Cancellation cancellation;
  const Result result = RunProgram(GetParam() + " --help", {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Example"), HasSubstr("\n  advae "), HasSubstr(GetParam())));
  EXPECT_THAT(result.err, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(All, Help,
                         ::testing::Values("", "train", "score", "threshold", "evaluate", "models",
                                           "model", "import", "set-serving", "delete-version",
                                           "delete-model", "health"));

TEST(Cli, TellsItsVersion) {
  Cancellation cancellation;
  const Result result = RunProgram("--version", {}, "", cancellation);
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.out, StartsWith("advae "));
}

}  // namespace
}  // namespace advae
