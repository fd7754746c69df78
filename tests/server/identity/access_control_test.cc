#include "server/identity/access_control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "inference/inference.pb.h"
#include "model/access/token.h"
#include "server/identity/jwt_verifier.h"
#include "tests/testing/jwt_signer.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kScore[] = "/advae.v1.AnomalyDetector/Score";
constexpr char kThreshold[] = "/advae.v1.AnomalyDetector/Threshold";

class AccessControlTest : public ::testing::Test {
 protected:
  // The value of the header of somebody who gets this grant.
  std::string Give(Grant grant) {
    const absl::StatusOr<std::string> token = MakeToken(grant);
    EXPECT_THAT(token, IsOk());
    grants_.push_back(std::move(grant));
    access_.SetGrants(grants_);
    return absl::StrCat("Bearer ", token.value_or(""));
  }

  absl::Status Call(const Credentials& credentials, std::string_view method,
                    const google::protobuf::Message& request, Role port = Role::kAdmin) {
    const absl::StatusOr<CallPermit> permit = access_.Admit(credentials, method, port);
    return permit.ok() ? permit->Check(request) : permit.status();
  }

  static v1::ScoreRequest ScoreOf(const std::string& model) {
    v1::ScoreRequest request;
    request.set_model(model);
    return request;
  }

  AccessControl access_{{.asks_for_grants = true}};
  std::vector<Grant> grants_;
};

TEST_F(AccessControlTest, ATokenIsOfItsGrant) {
  const std::string fraud =
      Give({.name = "fraud", .role = Role::kScorer, .models = {"card*", "loan"}});
  ASSERT_OK_AND_ASSIGN(const Caller caller, access_.Authenticate({.authorization = fraud}));
  EXPECT_EQ(caller.name, "fraud");
  EXPECT_THAT(Call({.authorization = fraud}, kScore, ScoreOf("card-eu")), IsOk());
  EXPECT_THAT(
      Call({.authorization = fraud}, kScore, ScoreOf("pump")),
      StatusIs(absl::StatusCode::kPermissionDenied, "\"fraud\" has no rights on model \"pump\""));
}

TEST_F(AccessControlTest, NobodyHasMoreThanTheRoleOfThePort) {
  constexpr char kTrain[] = "/advae.v1.AnomalyDetector/Train";
  const std::string admin = Give({.name = "boss", .role = Role::kAdmin});
  v1::ThresholdRequest apply;
  apply.set_model("pump");
  apply.set_apply(true);
  const auto refused =
      StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("this port changes nothing"));
  const AccessControl open;
  for (const auto& [access, credentials] :
       {std::pair(&std::as_const(access_), Credentials{.authorization = admin}), {&open, {}}}) {
    EXPECT_THAT(access->Admit(credentials, kTrain, Role::kScorer).status(), refused);
    ASSERT_OK_AND_ASSIGN(const CallPermit permit,
                         access->Admit(credentials, kThreshold, Role::kScorer));
    EXPECT_THAT(permit.Check(apply), refused);
    EXPECT_THAT(permit.Check(v1::ThresholdRequest()), IsOk());
  }
  EXPECT_THAT(Call({.authorization = admin}, kThreshold, apply), IsOk());
}

TEST_F(AccessControlTest, WithoutCredentialsNobodyIsLetIn) {
  std::string token = Give({.name = "a"});
  for (const std::string& authorization :
       {std::string(), std::string("Basic YTpi"), std::string("Bearer "), std::string("Bearer x"),
        token.substr(7), token + "0", "Bearer " + token}) {
    const absl::Status status = access_.Authenticate({.authorization = authorization}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << authorization;
    // Neither the log nor whoever reads it over a shoulder gets the secret.
    if (authorization.size() > 30) {
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr(token.substr(30))));
    }
  }
  token.back() = token.back() == '0' ? '1' : '0';
  EXPECT_THAT(access_.Authenticate({.authorization = token}),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("not known")));
}

TEST_F(AccessControlTest, TheSchemeMayBeWrittenInAnyCase) {
  const std::string token = Give({.name = "a"});
  EXPECT_THAT(access_.Authenticate({.authorization = "bearer" + token.substr(6)}), IsOk());
}

TEST_F(AccessControlTest, ARevokedTokenIsOfNobody) {
  const std::string token = Give({.name = "a"});
  EXPECT_THAT(access_.Authenticate({.authorization = token}), IsOk());
  access_.SetGrants({});
  EXPECT_THAT(access_.Authenticate({.authorization = token}),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("revoked")));
}

TEST_F(AccessControlTest, ACertificateIsOfTheFirstGrantWithOneOfItsNames) {
  access_.SetGrants({{.name = "ops.example", .role = Role::kAdmin}});
  ASSERT_OK_AND_ASSIGN(const Caller caller,
                       access_.Authenticate({.certificate_names = {"Operations", "ops.example"}}));
  EXPECT_EQ(caller.name, "ops.example");
  EXPECT_EQ(caller.grant->role, Role::kAdmin);
  EXPECT_THAT(access_.Authenticate({.certificate_names = {"other.example"}}),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("other.example")));
  // The name of a certificate's grant is no token.
  EXPECT_EQ(access_.Authenticate({.authorization = "Bearer ops.example"}).status().code(),
            absl::StatusCode::kUnauthenticated);
}

TEST_F(AccessControlTest, ATokenGoesBeforeACertificate) {
  const std::string token = Give({.name = "a"});
  grants_.push_back({.name = "ops.example", .role = Role::kAdmin});
  access_.SetGrants(grants_);
  ASSERT_OK_AND_ASSIGN(
      const Caller caller,
      access_.Authenticate({.authorization = token, .certificate_names = {"ops.example"}}));
  EXPECT_EQ(caller.name, "a");
}

class JwtAccessTest : public ::testing::Test {
 protected:
  JwtAccessTest() {
    absl::StatusOr<std::vector<JwtKey>> keys =
        ParseJwtKeys("keys", testing::JwkSet({signer_.jwk()}));
    EXPECT_THAT(keys, IsOk());
    if (keys.ok()) verifier_.SetKeys(*std::move(keys));
    access_.SetGrants({{.name = "etl", .role = Role::kTrainer, .subject = "subject-1"},
                       {.name = "subject-2", .role = Role::kAdmin}});
  }

  std::string TokenOf(const std::string& subject) const {
    return absl::StrCat("Bearer ", signer_.Sign({{"iss", "issuer"},
                                                 {"aud", "advae"},
                                                 {"sub", subject},
                                                 {"exp", absl::ToUnixSeconds(absl::Now()) + 60}}));
  }

  const testing::JwtSigner signer_{"ES256", "key"};
  JwtVerifier verifier_{{.issuer = "issuer", .audience = "advae"}};
  AccessControl access_{{.asks_for_grants = true, .jwt = &verifier_}};
};

TEST_F(JwtAccessTest, AJwtIsOfTheGrantOfItsSubject) {
  const std::string token = TokenOf("subject-1");
  ASSERT_OK_AND_ASSIGN(const Caller caller, access_.Authenticate({.authorization = token}));
  EXPECT_EQ(caller.name, "etl");
  EXPECT_EQ(caller.grant->role, Role::kTrainer);
  access_.SetGrants({{.name = "etl2", .role = Role::kViewer, .subject = "subject-1"}});
  ASSERT_OK_AND_ASSIGN(const Caller now, access_.Authenticate({.authorization = token}));
  EXPECT_EQ(now.name, "etl2");
  access_.SetGrants({});
  EXPECT_THAT(access_.Authenticate({.authorization = token}),
              StatusIs(absl::StatusCode::kUnauthenticated,
                       "no rights were given to the subject \"subject-1\""));
}

// The issuer of tokens and the authority of certificates give names of their own.
TEST_F(JwtAccessTest, SubjectsAndCertificatesHaveNothingInCommon) {
  EXPECT_THAT(access_.Authenticate({.authorization = TokenOf("subject-2")}),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("no rights were given")));
  EXPECT_THAT(access_.Authenticate({.certificate_names = {"subject-1"}}),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("no rights were given")));
  EXPECT_THAT(access_.Authenticate({.certificate_names = {"subject-2"}}), IsOk());
  // A token that is not good is not made good by a certificate.
  EXPECT_EQ(
      access_
          .Authenticate({.authorization = TokenOf("subject-3"), .certificate_names = {"subject-2"}})
          .status()
          .code(),
      absl::StatusCode::kUnauthenticated);
}

TEST_F(JwtAccessTest, WithoutKeysNoneAreTaken) {
  AccessControl access({.asks_for_grants = true});
  access.SetGrants({{.name = "etl", .subject = "subject-1"}});
  EXPECT_THAT(access.Authenticate({.authorization = TokenOf("subject-1")}),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("--jwt_keys")));
}

TEST_F(AccessControlTest, ARoleMayDoWhatThoseBeforeItMay) {
  const std::string viewer = Give({.name = "viewer", .role = Role::kViewer});
  const std::string scorer = Give({.name = "scorer", .role = Role::kScorer});
  const std::string trainer = Give({.name = "trainer", .role = Role::kTrainer});
  v1::ThresholdRequest look;
  look.set_model("pump");
  v1::ThresholdRequest apply = look;
  apply.set_apply(true);
  for (const std::string& caller : {viewer, scorer, trainer}) {
    EXPECT_THAT(Call({.authorization = caller}, kThreshold, look), IsOk());
  }
  EXPECT_THAT(Call({.authorization = viewer}, kScore, ScoreOf("pump")),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       HasSubstr("\"viewer\" has the role viewer; "
                                 "/advae.v1.AnomalyDetector/Score needs the role scorer")));
  EXPECT_THAT(Call({.authorization = scorer}, kScore, ScoreOf("pump")), IsOk());
  EXPECT_THAT(Call({.authorization = scorer}, kThreshold, apply),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("needs the role trainer")));
  EXPECT_THAT(Call({.authorization = trainer}, kThreshold, apply), IsOk());
}

TEST_F(AccessControlTest, TheModelIsFoundWhereverARequestHasIt) {
  const std::string all = Give({.name = "a", .role = Role::kAdmin, .models = {"pump"}});
  v1::TrainRequest train;
  train.mutable_spec()->set_model("fan");
  EXPECT_EQ(Call({.authorization = all}, "/advae.v1.AnomalyDetector/Train", train).code(),
            absl::StatusCode::kPermissionDenied);
  inference::ModelInferRequest infer;
  infer.set_model_name("fan");
  EXPECT_EQ(
      Call({.authorization = all}, "/inference.GRPCInferenceService/ModelInfer", infer).code(),
      absl::StatusCode::kPermissionDenied);
  v1::ListModelsRequest list;
  EXPECT_THAT(Call({.authorization = all}, "/advae.v1.ModelRegistry/ListModels", list), IsOk());
}

TEST_F(AccessControlTest, HealthIsForEverybodyIfItIsToBe) {
  for (const char* const method :
       {"/grpc.health.v1.Health/Check", "/inference.GRPCInferenceService/ServerLive"}) {
    EXPECT_THAT(access_.Admit({}, method), IsOk());
    const AccessControl closed({.asks_for_grants = true, .open_health = false});
    EXPECT_EQ(closed.Admit({}, method).status().code(), absl::StatusCode::kUnauthenticated);
  }
}

TEST(OpenAccessControlTest, EverybodyMayDoEverything) {
  const AccessControl access;
  for (const Credentials& credentials : {Credentials{}, Credentials{.authorization = "Bearer x"}}) {
    ASSERT_OK_AND_ASSIGN(const CallPermit permit,
                         access.Admit(credentials, "/advae.v1.ModelRegistry/DeleteModel"));
    EXPECT_EQ(permit.caller().name, "");
    EXPECT_TRUE(permit.caller().MaySee("pump"));
  }
  ASSERT_OK_AND_ASSIGN(const Caller caller, access.Authenticate({.certificate_names = {"ops"}}));
  EXPECT_EQ(caller.name, "ops");
  // It becomes part of messages.
  ASSERT_OK_AND_ASSIGN(const Caller odd, access.Authenticate({.certificate_names = {"z\xfcrich"}}));
  EXPECT_EQ(odd.name, "zürich");
}

}  // namespace
}  // namespace advae
