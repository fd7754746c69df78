// Who is let in, and how: TLS, client certificates, tokens and what each may do.

#include <google/protobuf/descriptor.h>
#include <grpc/support/log.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "advae/v1/detector.grpc.pb.h"
#include "inference/inference.grpc.pb.h"
#include "model/access/token.h"
#include "model/access/token_file.h"
#include "model/base/file_lock.h"
#include "model/base/status_macros.h"
#include "tests/integration/harness/cli.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/certificates.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCheck[] = "/grpc.health.v1.Health/Check";

// All methods of the services of a server, "/SERVICE/METHOD".
std::vector<std::string> AllMethods() {
  std::vector<std::string> methods;
  for (const google::protobuf::FileDescriptor* const file :
       {v1::ScoreRequest::descriptor()->file(), v1::GetModelRequest::descriptor()->file(),
        grpc::health::v1::HealthCheckRequest::descriptor()->file(),
        inference::ModelInferRequest::descriptor()->file()}) {
    const google::protobuf::ServiceDescriptor& service = *file->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      methods.push_back(absl::StrCat("/", service.full_name(), "/", service.method(i)->name()));
    }
  }
  methods.emplace_back("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  return methods;
}

class SecurityTest : public ServerTest {
 protected:
  // Of handshakes that are to fail.
  static void SetUpTestSuite() {
    gpr_set_log_function([](gpr_log_func_args* /*line*/) {});
  }
  static void TearDownTestSuite() { gpr_set_log_function(nullptr); }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump"));
    ASSERT_NO_FATAL_FAILURE(Publish("fan"));
    WriteKeys(authority_.Issue("server.example"));
    Write("ca.pem", authority_.pem());
  }

  std::string PathOf(const std::string& name) const { return (folder() / name).string(); }
  // Replaces the file at once, as those who renew certificates do.
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder() / "next") << text;
    std::filesystem::rename(folder() / "next", folder() / name);
  }
  void WriteKeys(const CertifiedKey& keys) const {
    Write("server.pem", keys.cert);
    Write("server.key", keys.key);
  }

  std::vector<std::string> TlsFlags() const {
    return {"--tls_cert=" + PathOf("server.pem"), "--tls_key=" + PathOf("server.key")};
  }
  std::vector<std::string> TokenFlags() const { return {"--tokens=" + PathOf("tokens.json")}; }

  // Makes a grant and returns its token.
  std::string Give(const std::string& name, Role role, const std::string& models = "*") const {
    std::string token;
    EXPECT_THAT(EditTokenFile(PathOf("tokens.json"),
                              [&](std::vector<Grant>& grants) -> absl::Status {
                                grants.push_back({.name = name, .role = role, .models = {models}});
                                ADVAE_ASSIGN_OR_RETURN(token, MakeToken(grants.back()));
                                return absl::OkStatus();
                              }),
                IsOk());
    return token;
  }

  // A channel of its own with TLS; `own` is what the client shows.
  std::shared_ptr<grpc::Channel> TlsChannel(const Authority& trusted,
                                            const std::optional<CertifiedKey>& own = std::nullopt) {
    return TlsChannel(server().address(), trusted, own);
  }
  static std::shared_ptr<grpc::Channel> TlsChannel(const std::string& address,
                                                   const Authority& trusted,
                                                   const std::optional<CertifiedKey>& own) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = trusted.pem();
    if (own) {
      options.pem_cert_chain = own->cert;
      options.pem_private_key = own->key;
    }
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
  }
  std::shared_ptr<grpc::Channel> TlsChannel() { return TlsChannel(authority_); }

  // Makes a unary or streaming call with one message, and drops its answers. The call waits for a
  // connection (CallContext) unless it is to see that there is none.
  grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                    const std::string& token = "", const std::string& message = "",
                    bool waits = true) {
    CallContext context;
    context.set_wait_for_ready(waits);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    grpc::TemplatedGenericStub<grpc::ByteBuffer, grpc::ByteBuffer> stub(channel);
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareCall(&context, method, &queue);
    void* tag = nullptr;
    bool ok = false;
    call->StartCall(nullptr);
    queue.Next(&tag, &ok);
    const grpc::Slice slice(message);
    const grpc::ByteBuffer request(&slice, 1);
    if (ok) {
      call->WriteLast(request, {}, nullptr);
      queue.Next(&tag, &ok);
    }
    grpc::ByteBuffer response;
    do {
      call->Read(&response, nullptr);
      queue.Next(&tag, &ok);
    } while (ok);
    grpc::Status status;
    call->Finish(&status, nullptr);
    queue.Next(&tag, &ok);
    queue.Shutdown();
    while (queue.Next(&tag, &ok)) continue;
    return status;
  }
  grpc::Status Check(const std::shared_ptr<grpc::Channel>& channel) {
    return Call(channel, kCheck);
  }
  // Whether there is no connection to be had.
  bool IsRefused(const std::shared_ptr<grpc::Channel>& channel) {
    return Call(channel, kCheck, "", "", /*waits=*/false).error_code() ==
           grpc::StatusCode::UNAVAILABLE;
  }

  const Authority authority_;
};

TEST_F(SecurityTest, TlsIsForThoseWhoTrustTheAuthority) {
  ASSERT_NO_FATAL_FAILURE(StartServer(TlsFlags()));
  EXPECT_THAT(Check(TlsChannel()), IsOkRpc());
  EXPECT_TRUE(IsRefused(TlsChannel(Authority())));
  EXPECT_TRUE(IsRefused(server().channel()));
}

TEST_F(SecurityTest, ThePortForChangesSpeaksTlsToo) {
  std::vector<std::string> flags = TlsFlags();
  flags.push_back("--tls_client_ca=" + PathOf("ca.pem"));
  flags.emplace_back("--admin_listen=127.0.0.1:0");
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  const std::string& address = server().admin_address();
  EXPECT_THAT(Check(TlsChannel(address, authority_, authority_.Issue("ops.example"))), IsOkRpc());
  EXPECT_TRUE(IsRefused(TlsChannel(address, authority_, std::nullopt)));
  EXPECT_TRUE(IsRefused(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())));
  EXPECT_THAT(server().process().WaitForError("new connections are answered address=" + address),
              IsOk());
}

TEST_F(SecurityTest, TheCommandSpeaksTls) {
  std::vector<std::string> flags = TlsFlags();
  flags.push_back("--tls_client_ca=" + PathOf("ca.pem"));
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  const CertifiedKey own = authority_.Issue("ops.example");
  Write("own.pem", own.cert);
  Write("own.key", own.key);
  ASSERT_OK_AND_ASSIGN(
      const CliResult shown,
      RunCli(server().address(), {"--tls-ca=" + PathOf("ca.pem"), "--tls_cert=" + PathOf("own.pem"),
                                  "--tls-key=" + PathOf("own.key"), "models"}));
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_THAT(shown.output, HasSubstr("pump"));
  ASSERT_OK_AND_ASSIGN(const CliResult plain, RunCli(server().address(), {"models"}));
  EXPECT_EQ(plain.exit_code, 1);
  EXPECT_THAT(plain.errors, HasSubstr("--tls-ca"));
}

TEST_F(SecurityTest, ClientsNeedACertificateWhereTheirAuthorityIsGiven) {
  std::vector<std::string> flags = TlsFlags();
  flags.push_back("--tls_client_ca=" + PathOf("ca.pem"));
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  EXPECT_THAT(Check(TlsChannel(authority_, authority_.Issue("ops.example"))), IsOkRpc());
  EXPECT_TRUE(IsRefused(TlsChannel()));
  EXPECT_TRUE(IsRefused(TlsChannel(authority_, Authority().Issue("ops.example"))));
  // The server itself has none that it would take, and is ready all the same.
  EXPECT_THAT(server().process().WaitForError("new connections are answered"), IsOk());
}

TEST_F(SecurityTest, RightsGoByTheNameInACertificate) {
  Give("other", Role::kViewer);
  ASSERT_THAT(EditTokenFile(PathOf("tokens.json"),
                            [](std::vector<Grant>& grants) {
                              grants.push_back({.name = "ops.example", .role = Role::kAdmin});
                              return absl::OkStatus();
                            }),
              IsOk());
  std::vector<std::string> flags = TlsFlags();
  flags.push_back("--tls_client_ca=" + PathOf("ca.pem"));
  flags.push_back(TokenFlags().front());
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  v1::DeleteModelRequest request;
  request.set_model("fan");
  constexpr char kDelete[] = "/advae.v1.ModelRegistry/DeleteModel";
  EXPECT_EQ(Call(TlsChannel(authority_, authority_.Issue("else.example")), kDelete, "",
                 request.SerializeAsString())
                .error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(Call(TlsChannel(authority_, authority_.Issue("ops.example")), kDelete, "",
                   request.SerializeAsString()),
              IsOkRpc());
}

TEST_F(SecurityTest, AThresholdRemembersTheCertificateOfWhoSetIt) {
  std::vector<std::string> flags = TlsFlags();
  flags.push_back("--tls_client_ca=" + PathOf("ca.pem"));
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_alpha(0.2);
  request.set_apply(true);
  ASSERT_THAT(Call(TlsChannel(authority_, authority_.Issue("ops.example")),
                   "/advae.v1.AnomalyDetector/Threshold", "", request.SerializeAsString()),
              IsOkRpc());
  ASSERT_OK_AND_ASSIGN(const Repository stored, Repository::OpenReadOnly(repository()));
  ASSERT_OK_AND_ASSIGN(const auto history, stored.ReadThresholdHistory("pump", 1));
  EXPECT_EQ(history.back().set_by(), "ops.example");
}

TEST_F(SecurityTest, NewConnectionsGetNewKeysAndOldOnesGoOn) {
  ASSERT_NO_FATAL_FAILURE(StartServer(TlsFlags()));
  const auto stub = v1::AnomalyDetector::NewStub(TlsChannel());
  CallContext context;
  const auto stream = stub->ScoreStream(&context);
  const v1::ScoreRequest request = ScoreRequestOf("pump", RandomRows(1, kRandomModelColumns, 1));
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));

  // A file that is damaged on the way changes nothing.
  Write("server.pem", "-----BEGIN CERTIFICATE-----");
  ASSERT_THAT(server().process().WaitForError("that from before stays in use"), IsOk());
  EXPECT_THAT(Check(TlsChannel()), IsOkRpc());

  const Authority next;
  WriteKeys(next.Issue("server.example"));
  EXPECT_TRUE(Eventually([&] { return !IsRefused(TlsChannel(next)); }));
  EXPECT_TRUE(IsRefused(TlsChannel()));
  ASSERT_TRUE(stream->Write(request) && stream->Read(&response));
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(SecurityTest, NoMethodIsForSomebodyWithoutAToken) {
  Give("a", Role::kViewer);
  std::vector<std::string> flags = TokenFlags();
  flags.emplace_back("--open_health=false");
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  for (const std::string& method : AllMethods()) {
    EXPECT_EQ(Call(server().channel(), method).error_code(), grpc::StatusCode::UNAUTHENTICATED)
        << method;
    EXPECT_EQ(Call(server().channel(), method, "advae_x").error_code(),
              grpc::StatusCode::UNAUTHENTICATED)
        << method;
  }
  // The probe is one of them, and is answered.
  EXPECT_THAT(server().process().WaitForError("new connections are answered"), IsOk());
}

TEST_F(SecurityTest, AViewerMayChangeAndScoreNothing) {
  const std::string token = Give("a", Role::kViewer);
  ASSERT_NO_FATAL_FAILURE(StartServer(TokenFlags()));
  for (const std::string& method : AllMethods()) {
    const std::string name = method.substr(method.rfind('/') + 1);
    if (name == "Watch") continue;  // goes on for ever
    const bool looks = std::ranges::any_of(
        std::vector<std::string>{"Check", "Get", "List", "ModelConfig", "ModelMetadata",
                                 "ModelReady", "ModelStatistics", "RepositoryIndex", "Server",
                                 "Threshold"},
        [&name](const std::string& start) { return name.starts_with(start); });
    const grpc::Status status = Call(server().channel(), method, token);
    EXPECT_EQ(status.error_code() == grpc::StatusCode::PERMISSION_DENIED, !looks)
        << method << ": " << status.error_message();
  }
}

TEST_F(SecurityTest, HealthIsForEverybodyUnlessItIsClosed) {
  Give("a", Role::kViewer);
  ASSERT_NO_FATAL_FAILURE(StartServer(TokenFlags()));
  EXPECT_THAT(Check(server().channel()), IsOkRpc());
}

TEST_F(SecurityTest, CallersSeeAndUseTheirModels) {
  const std::string token = Give("pumps", Role::kScorer, "pu*");
  Write("token", token);
  ASSERT_NO_FATAL_FAILURE(StartServer(TokenFlags()));
  const std::string flag = "--token-file=" + PathOf("token");
  ASSERT_OK_AND_ASSIGN(const CliResult listed, RunCli(server().address(), {flag, "models"}));
  EXPECT_THAT(listed.output, AllOf(HasSubstr("pump"), Not(HasSubstr("fan"))));
  for (const std::string model : {"pump", "fan", "none"}) {
    const v1::ScoreRequest request = ScoreRequestOf(model, RandomRows(1, kRandomModelColumns, 1));
    for (const char* const method :
         {"/advae.v1.AnomalyDetector/Score", "/advae.v1.AnomalyDetector/ScoreStream"}) {
      // Of what there is elsewhere it does not even learn that.
      EXPECT_EQ(Call(server().channel(), method, token, request.SerializeAsString()).error_code(),
                model == "pump" ? grpc::StatusCode::OK : grpc::StatusCode::PERMISSION_DENIED)
          << method << " " << model;
    }
  }
}

// Each request of a stream is asked about its model.
TEST_F(SecurityTest, AStreamGoesOnAfterAModelThatIsNotTheCallers) {
  const std::string token = Give("pumps", Role::kScorer, "pu*");
  ASSERT_NO_FATAL_FAILURE(StartServer(TokenFlags()));
  const auto stub = inference::GRPCInferenceService::NewStub(server().channel());
  CallContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  const auto stream = stub->ModelStreamInfer(&context);
  inference::ModelStreamInferResponse response;
  const Matrix rows = RandomRows(1, kRandomModelColumns, 1);
  for (const std::string model : {"fan", "pump", "none"}) {
    inference::ModelInferRequest request;
    request.set_model_name(model);
    auto& input = *request.add_inputs();
    input.set_name("rows");
    input.set_datatype("FP32");
    input.add_shape(1);
    input.add_shape(kRandomModelColumns);
    input.mutable_contents()->mutable_fp32_contents()->Add(rows.values.begin(), rows.values.end());
    stream->Write(request);
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_THAT(response.error_message(), HasSubstr(model == "pump" ? "" : "no rights on model"));
    EXPECT_EQ(response.infer_response().outputs().empty(), model != "pump");
  }
  stream->WritesDone();
  EXPECT_THAT(stream->Finish(), IsOkRpc());
}

TEST_F(SecurityTest, TokensComeAndGoWhileItRuns) {
  const std::string first = Give("first", Role::kViewer);
  ASSERT_NO_FATAL_FAILURE(StartServer(TokenFlags()));
  constexpr char kList[] = "/advae.v1.ModelRegistry/ListModels";
  const auto is = [&](const std::string& token, grpc::StatusCode code) {
    return Eventually([&] { return Call(server().channel(), kList, token).error_code() == code; });
  };
  EXPECT_TRUE(is(first, grpc::StatusCode::OK));
  const std::string second = Give("second", Role::kViewer);
  EXPECT_TRUE(is(second, grpc::StatusCode::OK));
  ASSERT_OK_AND_ASSIGN(
      const CliResult revoked,
      RunCli(server().address(),
             {"token", "revoke", "--file=" + PathOf("tokens.json"), "--name=first"}));
  EXPECT_EQ(revoked.exit_code, 0) << revoked.errors;
  EXPECT_TRUE(is(first, grpc::StatusCode::UNAUTHENTICATED));
  // What is no token file takes nobody's rights, and gives nobody any.
  Write("tokens.json", "{");
  ASSERT_THAT(server().process().WaitForError("those from before stay in force"), IsOk());
  EXPECT_TRUE(is(second, grpc::StatusCode::OK));
  EXPECT_TRUE(is(first, grpc::StatusCode::UNAUTHENTICATED));
}

TEST_F(SecurityTest, ThereIsALineOfWhoChangedWhat) {
  const std::string admin = Give("boss", Role::kAdmin);
  const std::string trainer = Give("team", Role::kTrainer);
  std::vector<std::string> flags = TokenFlags();
  flags.emplace_back("--log_level=error");
  ASSERT_NO_FATAL_FAILURE(StartServer(flags));
  v1::DeleteModelRequest request;
  request.set_model("fan");
  constexpr char kDelete[] = "/advae.v1.ModelRegistry/DeleteModel";
  const std::string message = request.SerializeAsString();
  EXPECT_EQ(Call(server().channel(), kDelete, trainer, message).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(Call(server().channel(), kDelete, admin, message), IsOkRpc());
  constexpr char kUndelete[] = "/advae.v1.ModelRegistry/Undelete";
  EXPECT_EQ(Call(server().channel(), kUndelete, trainer, message).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(Call(server().channel(), kUndelete, admin, message), IsOkRpc());
  EXPECT_THAT(Call(server().channel(), "/advae.v1.ModelRegistry/ListModels", admin), IsOkRpc());
  ASSERT_THAT(server().Stop(), IsOk());
  const std::string log = server().process().errors();
  EXPECT_THAT(log, HasSubstr("audit method=/advae.v1.ModelRegistry/DeleteModel "
                             "code=PERMISSION_DENIED caller=team peer=ipv4:127.0.0.1:"));
  EXPECT_THAT(log, HasSubstr("audit method=/advae.v1.ModelRegistry/DeleteModel code=OK caller=boss "
                             "peer=ipv4:127.0.0.1:"));
  EXPECT_THAT(log, HasSubstr("audit method=/advae.v1.ModelRegistry/Undelete code=OK caller=boss "));
  EXPECT_THAT(log, HasSubstr(" model=fan"));
  EXPECT_THAT(log, Not(HasSubstr("ListModels")));
  for (const std::string& token : {admin, trainer}) {
    EXPECT_THAT(log, Not(HasSubstr(token.substr(token.rfind('_')))));
  }
}

// The client may have gone when a change is made; the line tells what was done.
TEST_F(SecurityTest, TheLineOfAChangeTellsItsOutcomeThoughItsClientHasGone) {
  const std::string admin = Give("boss", Role::kAdmin);
  ASSERT_NO_FATAL_FAILURE(StartServer(TokenFlags()));
  ASSERT_OK_AND_ASSIGN(std::optional<FileLock> lock,
                       FileLock::Acquire(repository() / ".locks" / "fan", absl::Seconds(10)));
  v1::DeleteModelRequest request;
  request.set_model("fan");
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + admin);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  v1::DeleteModelResponse response;
  EXPECT_EQ(server().registry().DeleteModel(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  // Nobody may train what is being deleted.
  EXPECT_THAT(Call(server().channel(), "/advae.v1.AnomalyDetector/Train", admin,
                   TinySpecOf("fan").SerializeAsString()),
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION, HasSubstr("a running deletion")));
  lock.reset();
  ASSERT_THAT(server().process().WaitForError("code=OK caller=boss"), IsOk());
  EXPECT_FALSE(std::filesystem::exists(repository() / "fan"));
  ASSERT_THAT(server().Stop(), IsOk());
  const std::string log = server().process().errors();
  EXPECT_THAT(log, HasSubstr("audit method=/advae.v1.ModelRegistry/DeleteModel code=OK "
                             "caller=boss peer=ipv4:127.0.0.1:"));
  EXPECT_THAT(log, HasSubstr("model=fan cut="));
}

struct BadSecurity {
  const char* name;
  std::vector<std::string> flags;
  const char* message;
};

class BadSecurityTest : public SecurityTest, public ::testing::WithParamInterface<BadSecurity> {};

TEST_P(BadSecurityTest, DoesNotStart) {
  const CertifiedKey other = authority_.Issue("other.example");
  Write("other.key", other.key);
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
    Flags, BadSecurityTest,
    ::testing::Values(
        BadSecurity{"CertificateAlone", {"--tls_cert=@server.pem"}, "belong together"},
        BadSecurity{"KeyAlone", {"--tls_key=@server.key"}, "belong together"},
        BadSecurity{"AuthorityAlone", {"--tls_client_ca=@ca.pem"}, "needs --tls_cert"},
        BadSecurity{"KeyOfAnother",
                    {"--tls_cert=@server.pem", "--tls_key=@other.key"},
                    "other.key is not that of the first certificate in"},
        BadSecurity{"NoCertificate", {"--tls_cert=@text", "--tls_key=@server.key"}, "in PEM"},
        BadSecurity{"NoTokenFile", {"--tokens=@none"}, "none"},
        BadSecurity{"NotATokenFile", {"--tokens=@text"}, "is no token file"},
        BadSecurity{"OtherMachines", {"--listen=0.0.0.0:0"}, "--allow_plaintext"},
        BadSecurity{"OtherMachinesForMetrics",
                    {"--metrics_listen=0.0.0.0:0"},
                    "for metrics, and it would be without TLS"},
        BadSecurity{"OtherMachinesForHttp", {"--http_listen=[::]:0"}, "for HTTP"},
        BadSecurity{"NoTruthValue", {"--allow_plaintext=maybe"}, "expected true or false"}),
    [](const auto& info) { return info.param.name; });

TEST_F(SecurityTest, PlaintextForOtherMachinesIsWarnedOf) {
  for (const char* const flag : {"--allow_plaintext", "--allow-plaintext=true"}) {
    const auto server = ServerProcess::Start(repository(), {"--metrics_listen=0.0.0.0:0", flag});
    ASSERT_THAT(server, IsOk());
    EXPECT_THAT(
        (*server)->process().WaitForError("warning other machines reach a port without TLS"),
        IsOk());
  }
}

}  // namespace
}  // namespace advae::testing
