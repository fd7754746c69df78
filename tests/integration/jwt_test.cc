// JSON Web Tokens: whose are taken, over gRPC and HTTP, while keys and grants change.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/integration/harness/cli.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/jwt_signer.h"
#include "tests/testing/loopback_socket.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using Json = JwtSigner::Json;

class JwtTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(Publish("fan"));
    Write("keys.json", JwkSet({signer_.jwk()}));
    Give("etl", "admin", "pu*", "subject-1");
  }

  std::string PathOf(const std::string& name) const { return (folder() / name).string(); }
  // Replaces the file at once, as those who fetch keys should.
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder() / "next") << text;
    std::filesystem::rename(folder() / "next", folder() / name);
  }

  void Give(const std::string& name, const std::string& role, const std::string& models,
            const std::string& subject) const {
    ASSERT_OK_AND_ASSIGN(
        const CliResult created,
        RunCli("127.0.0.1:1",
               {"token", "create", "--file=" + PathOf("tokens.json"), "--name=" + name,
                "--role=" + role, "--models=" + models, "--subject=" + subject}));
    ASSERT_EQ(created.exit_code, 0) << created.errors;
  }

  std::vector<std::string> Flags() const {
    return {"--tokens=" + PathOf("tokens.json"), "--jwt_keys=" + PathOf("keys.json"),
            "--jwt_issuer=https://issuer.example", "--jwt_audience=advae",
            "--http_listen=127.0.0.1:0"};
  }

  static std::string TokenOf(const JwtSigner& signer, const std::string& subject,
                             const std::string& audience = "advae",
                             absl::Duration lifetime = absl::Minutes(5)) {
    const absl::Time now = absl::Now();
    return signer.Sign({{"iss", "https://issuer.example"},
                        {"aud", audience},
                        {"sub", subject},
                        {"iat", absl::ToUnixSeconds(now)},
                        {"exp", absl::ToUnixSeconds(now + lifetime)}});
  }

  grpc::Status ScoreAs(const std::string& token, const std::string& model = "pump") {
    CallContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::ScoreResponse response;
    return server().detector().Score(
        &context, ScoreRequestOf(model, RandomRows(1, kRandomModelColumns, 1)), &response);
  }
  std::string GetModelsAs(const std::string& token) {
    LoopbackSocket client(server().http_address());
    client.Send(absl::StrCat("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                             "Authorization: Bearer ", token, "\r\n\r\n"));
    return client.ReadAll();
  }
  auto IsUnauthenticated(const std::string& reason) {
    return RpcFailsWith(grpc::StatusCode::UNAUTHENTICATED, HasSubstr(reason));
  }

  const JwtSigner signer_{"ES256", "2026-11"};
};

TEST_F(JwtTest, TheGrantOfTheSubjectSaysWhatItMay) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Flags()));
  const std::string token = TokenOf(signer_, "subject-1");
  EXPECT_THAT(ScoreAs(token), IsOkRpc());
  EXPECT_THAT(ScoreAs(token, "fan"),
              RpcFailsWith(grpc::StatusCode::PERMISSION_DENIED,
                           HasSubstr("\"etl\" has no rights on model \"fan\"")));
  EXPECT_THAT(GetModelsAs(token),
              AllOf(HasSubstr("200 OK"), HasSubstr("pump"), Not(HasSubstr("fan"))));
  EXPECT_THAT(GetModelsAs(TokenOf(signer_, "subject-2")),
              AllOf(HasSubstr("401 "), HasSubstr("no rights were given to the subject")));
}

TEST_F(JwtTest, RefusalsSayWhy) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Flags()));
  EXPECT_THAT(ScoreAs(TokenOf(signer_, "subject-2")),
              IsUnauthenticated("no rights were given to the subject \"subject-2\""));
  EXPECT_THAT(ScoreAs(TokenOf(signer_, "subject-1", "billing")),
              IsUnauthenticated("another audience"));
  EXPECT_THAT(ScoreAs(TokenOf(signer_, "subject-1", "advae", -absl::Minutes(2))),
              IsUnauthenticated("has expired"));
  EXPECT_THAT(ScoreAs(TokenOf(JwtSigner("ES256", "2026-11"), "subject-1")),
              IsUnauthenticated("the signature of the token is wrong"));
  EXPECT_THAT(ScoreAs(TokenOf(JwtSigner("ES256", "2026-12"), "subject-1")),
              IsUnauthenticated("unknown key"));
}

TEST_F(JwtTest, KeysChangeWhileItRuns) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Flags()));
  const JwtSigner next("RS256", "2026-12");
  const std::string old_token = TokenOf(signer_, "subject-1");
  const std::string new_token = TokenOf(next, "subject-1");
  EXPECT_THAT(ScoreAs(old_token), IsOkRpc());
  EXPECT_THAT(ScoreAs(new_token), IsUnauthenticated("unknown key"));
  Write("keys.json", JwkSet({signer_.jwk(), next.jwk()}));
  EXPECT_TRUE(Eventually([&] { return ScoreAs(new_token).ok(); }));
  EXPECT_THAT(ScoreAs(old_token), IsOkRpc());
  Write("keys.json", JwkSet({next.jwk()}));
  EXPECT_TRUE(Eventually([&] { return !ScoreAs(old_token).ok(); }));
  EXPECT_THAT(ScoreAs(old_token), IsUnauthenticated("unknown key"));
  // A file that is damaged, or gone, on the way changes nothing.
  Write("keys.json", "{");
  ASSERT_THAT(server().process().WaitForError("JWT keys not read; those from before stay in force"),
              IsOk());
  EXPECT_THAT(ScoreAs(new_token), IsOkRpc());
  EXPECT_THAT(ScoreAs(old_token), IsUnauthenticated("unknown key"));
  Write("keys.json", R"({"keys": []})");
  EXPECT_TRUE(Eventually([&] { return !ScoreAs(new_token).ok(); }));
}

// Also for a token that was found good a moment ago.
TEST_F(JwtTest, AGrantThatIsRevokedCountsNoMore) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Flags()));
  const std::string token = TokenOf(signer_, "subject-1");
  EXPECT_THAT(ScoreAs(token), IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const CliResult revoked,
                       RunCli("127.0.0.1:1", {"token", "revoke", "--file=" + PathOf("tokens.json"),
                                              "--subject=subject-1"}));
  EXPECT_EQ(revoked.exit_code, 0) << revoked.errors;
  EXPECT_TRUE(Eventually([&] { return !ScoreAs(token).ok(); }));
  EXPECT_THAT(ScoreAs(token), IsUnauthenticated("no rights were given"));
}

TEST_F(JwtTest, TheCallerIsTheNameOfTheGrant) {
  std::vector<std::string> flags = Flags();
  Write("quotas.json", R"({"quotas": [{"name": "etl", "rows_per_second": 1}]})");
  flags.push_back("--quotas=" + PathOf("quotas.json"));
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  const std::string token = TokenOf(signer_, "subject-1");
  EXPECT_TRUE(Eventually(
      [&] { return ScoreAs(token).error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED; }));
  CallContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  v1::DeleteModelRequest request;
  request.set_model("pump");
  v1::DeleteModelResponse response;
  EXPECT_THAT(server().registry().DeleteModel(&context, request, &response), IsOkRpc());
  EXPECT_FALSE(ScoreAs(token + "x").ok());
  ASSERT_THAT(server().Stop(), IsOk());
  const std::string log = server().process().errors();
  EXPECT_THAT(log,
              HasSubstr("audit method=/advae.v1.ModelRegistry/DeleteModel code=OK caller=etl"));
  EXPECT_THAT(log, Not(HasSubstr(token.substr(token.find('.')))));
}

TEST_F(JwtTest, TheCommandShowsTokensFromAFile) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Flags()));
  Write("token", TokenOf(signer_, "subject-1"));
  ASSERT_OK_AND_ASSIGN(const CliResult listed,
                       RunCli(server().address(), {"--token-file=" + PathOf("token"), "models"}));
  EXPECT_EQ(listed.exit_code, 0) << listed.errors;
  EXPECT_THAT(listed.output, AllOf(HasSubstr("pump"), Not(HasSubstr("fan"))));
}

struct BadJwtFlags {
  const char* name;
  std::vector<std::string> flags;  // '@' stands for the folder
  const char* message;
};

class BadJwtFlagsTest : public JwtTest, public ::testing::WithParamInterface<BadJwtFlags> {};

TEST_P(BadJwtFlagsTest, DoesNotStart) {
  Write("text", "hello");
  std::vector<std::string> flags;
  for (const std::string& flag : GetParam().flags) {
    const size_t at = flag.find('@');
    flags.push_back(at == flag.npos ? flag : flag.substr(0, at) + PathOf(flag.substr(at + 1)));
  }
  const auto server = ServerProcess::Start(repository(), flags);
  EXPECT_THAT(std::string(server.status().message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadJwtFlagsTest,
    ::testing::Values(
        BadJwtFlags{"NoAudience",
                    {"--tokens=@tokens.json", "--jwt_keys=@keys.json", "--jwt_issuer=i"},
                    "needs --jwt_issuer and --jwt_audience"},
        BadJwtFlags{"NoIssuer",
                    {"--tokens=@tokens.json", "--jwt_keys=@keys.json", "--jwt_audience=a"},
                    "needs --jwt_issuer and --jwt_audience"},
        BadJwtFlags{"NoTokens",
                    {"--jwt_keys=@keys.json", "--jwt_audience=a", "--jwt_issuer=i"},
                    "--jwt_keys needs --tokens"},
        BadJwtFlags{"NoKeys",
                    {"--tokens=@tokens.json", "--jwt_audience=a"},
                    "--jwt_issuer and --jwt_audience need --jwt_keys"},
        BadJwtFlags{
            "NoFile",
            {"--tokens=@tokens.json", "--jwt_keys=@none", "--jwt_audience=a", "--jwt_issuer=i"},
            "none"},
        BadJwtFlags{
            "NotASet",
            {"--tokens=@tokens.json", "--jwt_keys=@text", "--jwt_audience=a", "--jwt_issuer=i"},
            "is no JWK set"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae::testing
