#include "server/identity/jwt_verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing/jwt_signer.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::Base64Url;
using ::advae::testing::IsOk;
using ::advae::testing::JwkSet;
using ::advae::testing::JwtSigner;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

using Json = JwtSigner::Json;

constexpr int64_t kNow = 1'700'000'000;

// Keys take a while to make.
const JwtSigner& Rsa() {
  static const auto& signer = *new JwtSigner("RS256", "rsa");
  return signer;
}
const JwtSigner& Ec() {
  static const auto& signer = *new JwtSigner("ES256", "ec");
  return signer;
}

Json Claims(const std::string& subject = "pipeline") {
  return {
      {"iss", "issuer"}, {"aud", "advae"}, {"sub", subject}, {"exp", kNow + 300}, {"nbf", kNow}};
}

class JwtVerifierTest : public ::testing::Test {
 protected:
  void SetKeys(const std::vector<Json>& keys) { SetKeySet(JwkSet(keys)); }
  void SetKeySet(const std::string& set) {
    ASSERT_OK_AND_ASSIGN(std::vector<JwtKey> keys, ParseJwtKeys("keys", set));
    verifier_.SetKeys(std::move(keys));
  }

  absl::StatusOr<std::string> SubjectOf(const std::string& token, int64_t now = kNow) const {
    absl::StatusOr<std::string> subject = verifier_.SubjectOf(token, absl::FromUnixSeconds(now));
    // The next one to look there, such as gRPC's TLS, would take it for an error of its own.
    EXPECT_EQ(ERR_peek_error(), 0);
    if (!subject.ok()) {
      EXPECT_EQ(subject.status().code(), absl::StatusCode::kUnauthenticated);
    }
    return subject;
  }

  JwtVerifier verifier_{{.issuer = "issuer", .audience = "advae"}};
};

auto IsRefused(const std::string& reason) {
  return StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr(reason));
}

TEST(IsJwtTest, HasThreeParts) {
  EXPECT_TRUE(IsJwt("a.b.c"));
  EXPECT_TRUE(IsJwt(".."));
  EXPECT_FALSE(IsJwt("advae_0_1"));
  EXPECT_FALSE(IsJwt("a.b"));
  EXPECT_FALSE(IsJwt("a.b.c.d.e"));  // encrypted
}

class JwtAlgorithmsTest : public JwtVerifierTest,
                          public ::testing::WithParamInterface<const char*> {};

TEST_P(JwtAlgorithmsTest, TokensOfItsKeyAreGood) {
  const JwtSigner signer(GetParam(), "key");
  const JwtSigner other(GetParam(), "key");
  SetKeys({signer.jwk()});
  ASSERT_OK_AND_ASSIGN(const std::string subject, SubjectOf(signer.Sign(Claims())));
  EXPECT_EQ(subject, "pipeline");
  EXPECT_THAT(SubjectOf(other.Sign(Claims())), IsRefused("the signature of the token is wrong"));
  // With a bit of what is signed, or of the signature, changed.
  const std::string token = signer.Sign(Claims());
  for (const size_t at : {token.find('.') + 5, token.rfind('.') + 5}) {
    std::string changed = token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_THAT(SubjectOf(changed), IsRefused("the signature of the token is wrong"));
  }
}

INSTANTIATE_TEST_SUITE_P(All, JwtAlgorithmsTest,
                         ::testing::Values("RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                                           "ES256", "ES384", "ES512"),
                         [](const auto& info) { return info.param; });

// The example of RFC 7515, appendix A.3, which is for nobody; its signature was checked before.
TEST_F(JwtVerifierTest, KnowsTheSignatureOfTheStandard) {
  constexpr char kKey[] = R"({"keys": [{"kty": "EC", "crv": "P-256",
      "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  SetKeySet(kKey);
  EXPECT_THAT(SubjectOf(token), IsRefused("another issuer"));
  SetKeys({Ec().jwk()});
  EXPECT_THAT(SubjectOf(token), IsRefused("the signature of the token is wrong"));
}

TEST_F(JwtVerifierTest, TheKeyIdChoosesTheKey) {
  const JwtSigner next("ES256", "next");
  SetKeys({Ec().jwk(), next.jwk()});
  EXPECT_THAT(SubjectOf(Ec().Sign(Claims())), IsOk());
  EXPECT_THAT(SubjectOf(next.Sign(Claims())), IsOk());
  const std::string claims = Claims().dump();
  EXPECT_THAT(SubjectOf(next.SignTexts(R"({"alg":"ES256","kid":"ec"})", claims)),
              IsRefused("the signature of the token is wrong"));
  EXPECT_THAT(SubjectOf(next.SignTexts(R"({"alg":"ES256","kid":"gone"})", claims)),
              IsRefused("unknown key"));
  EXPECT_THAT(SubjectOf(next.SignTexts(R"({"alg":"ES256","kid":""})", claims)),
              IsRefused("unknown key"));
}

TEST_F(JwtVerifierTest, WithoutAKeyIdAllKeysThatFitAreTried) {
  const JwtSigner next("ES256", "next");
  SetKeys({Rsa().jwk(), Ec().jwk(), next.jwk()});
  EXPECT_THAT(SubjectOf(next.SignTexts(R"({"alg":"ES256"})", Claims().dump())), IsOk());
  EXPECT_THAT(SubjectOf(JwtSigner("ES256").Sign(Claims())),
              IsRefused("the signature of the token is wrong"));
}

// HMAC with the public key, which everybody has, as its secret.
TEST_F(JwtVerifierTest, APublicKeyIsNoSecret) {
  SetKeys({Rsa().jwk()});
  const std::string text =
      absl::StrCat(Base64Url(R"({"alg":"HS256","kid":"rsa"})"), ".", Base64Url(Claims().dump()));
  for (const std::string& secret :
       {Rsa().pem(), Rsa().jwk().dump(), Rsa().jwk()["n"].get<std::string>()}) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
    const std::string token =
        absl::StrCat(text, ".", Base64Url({reinterpret_cast<const char*>(mac), size}));
    EXPECT_THAT(SubjectOf(token), IsRefused("an algorithm (alg) that is not taken"));
  }
}

TEST_F(JwtVerifierTest, UnsignedTokensAreOfNobody) {
  SetKeys({Rsa().jwk(), Ec().jwk()});
  for (const std::string name : {"none", "None", "nOnE", ""}) {
    const std::string text =
        absl::StrCat(Base64Url(Json({{"alg", name}}).dump()), ".", Base64Url(Claims().dump()), ".");
    EXPECT_THAT(SubjectOf(text), IsRefused("an algorithm (alg) that is not taken")) << name;
    EXPECT_THAT(SubjectOf(absl::StrCat(text, "AAAA")), IsRefused("not taken")) << name;
  }
  EXPECT_THAT(SubjectOf(Ec().SignTexts(R"({"alg":"EdDSA"})", Claims().dump())),
              IsRefused("expected one of RS256"));
  EXPECT_THAT(SubjectOf(absl::StrCat(Base64Url(R"({"alg":"ES256"})"), ".",
                                     Base64Url(Claims().dump()), ".")),
              IsRefused("the signature of the token is wrong"));
}

TEST_F(JwtVerifierTest, TheAlgorithmMustFitTheKey) {
  const JwtSigner p384("ES384", "ec");
  SetKeys({Rsa().jwk(), Ec().jwk()});
  const std::string claims = Claims().dump();
  EXPECT_THAT(SubjectOf(Ec().SignTexts(R"({"alg":"RS256","kid":"ec"})", claims)),
              IsRefused("unknown key"));
  EXPECT_THAT(SubjectOf(Ec().SignTexts(R"({"alg":"ES384","kid":"ec"})", claims)),
              IsRefused("unknown key"));
  EXPECT_THAT(SubjectOf(p384.SignTexts(R"({"alg":"ES256","kid":"ec"})", claims)),
              IsRefused("the signature of the token is wrong"));
  Json only = Rsa().jwk();
  only["alg"] = "PS256";
  SetKeys({only});
  EXPECT_THAT(SubjectOf(Rsa().Sign(Claims())), IsRefused("unknown key"));
}

TEST_F(JwtVerifierTest, TheKeyInATokenIsNotBelieved) {
  const JwtSigner own("ES256", "own");
  SetKeys({Ec().jwk()});
  const Json header = {{"alg", "ES256"}, {"jwk", own.jwk()}, {"jku", "http://127.0.0.1:1/keys"}};
  EXPECT_THAT(SubjectOf(own.SignTexts(header.dump(), Claims().dump())),
              IsRefused("the signature of the token is wrong"));
}

TEST_F(JwtVerifierTest, AnEcSignatureHasItsLength) {
  SetKeys({Ec().jwk()});
  // The library would read the two halves of any signature.
  const std::string token = Ec().Sign(Claims());
  EXPECT_THAT(SubjectOf(token + "AA"), IsRefused("the signature of the token is wrong"));
  EXPECT_THAT(SubjectOf(token), IsOk());
}

TEST_F(JwtVerifierTest, HeadersAskForNoMoreThanIsKnown) {
  SetKeys({Ec().jwk()});
  const auto with = [](const std::string& member) {
    return Ec().SignTexts(R"({"alg":"ES256",)" + member + "}", Claims().dump());
  };
  for (const std::string type : {"JWT", "jwt", "at+jwt", "application/at+jwt"}) {
    EXPECT_THAT(SubjectOf(with(R"("typ":")" + type + "\"")), IsOk()) << type;
  }
  EXPECT_THAT(SubjectOf(with(R"("typ":"logout+jwt")")), IsRefused("(typ)"));
  EXPECT_THAT(SubjectOf(with(R"("crit":["b64"],"b64":false)")), IsRefused("(crit)"));
  EXPECT_THAT(SubjectOf(with(R"("kid":7)")), IsRefused("malformed"));
  EXPECT_THAT(SubjectOf(with(R"("alg":"none")")), IsRefused("malformed"));  // twice
}

TEST_F(JwtVerifierTest, MalformedTokensAreRefused) {
  SetKeys({Ec().jwk()});
  const std::string good = Ec().Sign(Claims());
  for (const std::string& token :
       {std::string(".."), std::string("a.b.c"), absl::StrCat("=", good), absl::StrCat(good, "="),
        absl::StrCat(good, "\n"), absl::StrCat(" ", good), absl::StrCat(good, "+"),
        Ec().SignTexts("[]", "{}"), Ec().SignTexts("", "{}"), Ec().SignTexts(R"({"alg":1})", "{}"),
        Ec().SignTexts(std::string(3000, '['), "{}")}) {
    EXPECT_THAT(SubjectOf(token), IsRefused("malformed")) << token;
  }
  EXPECT_THAT(SubjectOf(Ec().SignTexts(R"({"alg":"ES256"})", "[]")), IsRefused("no JSON object"));
  EXPECT_THAT(SubjectOf(Ec().SignTexts(R"({"alg":"ES256"})", "")), IsRefused("no JSON object"));
}

TEST_F(JwtVerifierTest, ATokenHasAtMostEightKibibytes) {
  SetKeys({Ec().jwk()});
  Json claims = Claims();
  claims["groups"] = std::string(5000, 'g');
  EXPECT_THAT(SubjectOf(Ec().Sign(claims)), IsOk());
  claims["groups"] = std::string(6000, 'g');
  EXPECT_THAT(SubjectOf(Ec().Sign(claims)), IsRefused("longer than 8192 bytes"));
}

TEST_F(JwtVerifierTest, MessagesHaveNothingOfTheToken) {
  SetKeys({Ec().jwk()});
  for (const Json& claims : {Claims("secret-subject\n"), Json({{"iss", "secret-issuer"}}),
                             Json({{"iss", "issuer"}, {"aud", "secret-audience"}})}) {
    const std::string token = Ec().Sign(claims);
    const std::string message(SubjectOf(token).status().message());
    EXPECT_THAT(message, Not(HasSubstr("secret")));
    EXPECT_THAT(message, Not(HasSubstr(token.substr(0, 10))));
  }
  const absl::Status unknown =
      SubjectOf(Ec().SignTexts(R"({"alg":"ES256","kid":"secret-kid"})", "{}")).status();
  EXPECT_THAT(std::string(unknown.message()), Not(HasSubstr("secret")));
}

TEST_F(JwtVerifierTest, TakesNothingWithoutKeys) {
  EXPECT_THAT(SubjectOf(Ec().Sign(Claims())), IsRefused("unknown key"));
}

TEST_F(JwtVerifierTest, KeysOfBeforeCountNoMore) {
  const JwtSigner next("ES256", "next");
  const std::string old_token = Ec().Sign(Claims());
  const std::string new_token = next.Sign(Claims());
  SetKeys({Ec().jwk()});
  EXPECT_THAT(SubjectOf(old_token), IsOk());
  EXPECT_THAT(SubjectOf(new_token), IsRefused("unknown key"));
  SetKeys({Ec().jwk(), next.jwk()});
  EXPECT_THAT(SubjectOf(old_token), IsOk());
  EXPECT_THAT(SubjectOf(new_token), IsOk());
  SetKeys({next.jwk()});
  // It was found good before, which is forgotten.
  EXPECT_THAT(SubjectOf(old_token), IsRefused("unknown key"));
  EXPECT_THAT(SubjectOf(new_token), IsOk());
}

// Seen by a clock that goes back to where the token would not be good yet.
TEST_F(JwtVerifierTest, AGoodTokenIsNotCheckedAgain) {
  SetKeys({Ec().jwk()});
  const std::string token = Ec().Sign(Claims());
  constexpr int64_t kBefore = kNow - 1000;
  EXPECT_THAT(SubjectOf(token, kBefore), IsRefused("(nbf)"));
  EXPECT_THAT(SubjectOf(token), IsOk());
  EXPECT_THAT(SubjectOf(token, kBefore), IsOk());
  EXPECT_THAT(SubjectOf(token, kNow + 300 + 60), IsRefused("has expired"));
}

// The same keys are used by all, while they are replaced.
TEST_F(JwtVerifierTest, ThreadsCheckAtTheSameTime) {
  SetKeys({Rsa().jwk(), Ec().jwk()});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      for (int j = 0; j < 50; ++j) {
        const std::string subject = absl::StrCat("s", i, ".", j);
        const JwtSigner& signer = j % 5 == 0 ? Rsa() : Ec();
        EXPECT_EQ(SubjectOf(signer.Sign(Claims(subject))).value_or(""), subject);
      }
    });
  }
  for (int i = 0; i < 20; ++i) SetKeys({Rsa().jwk(), Ec().jwk()});
  for (std::thread& thread : threads) thread.join();
}

// Changes at random places, with a seed of its own, of tokens that are good but for them.
TEST_F(JwtVerifierTest, NoChangedTokenIsGood) {
  SetKeys({Rsa().jwk(), Ec().jwk()});
  std::mt19937 random(17);
  const auto below = [&random](size_t end) {
    return std::uniform_int_distribution<size_t>(0, end - 1)(random);
  };
  const std::vector<std::string> texts = {Rsa().Sign(Claims()), Ec().Sign(Claims())};
  for (int i = 0; i < 5000; ++i) {
    const std::string& text = texts[below(texts.size())];
    std::string token = text;
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      // The last character has bits that do not count.
      const size_t at = below(token.size() - 1);
      switch (below(4)) {
        case 0:
          token[at] = static_cast<char>(below(256));
          break;
        case 1:
          token.insert(at, 1, static_cast<char>(below(256)));
          break;
        case 2:
          token.erase(at, 1 + below(8));
          break;
        default:
          std::swap(token[at], token[below(token.size() - 1)]);
      }
    }
    if (!IsJwt(token) || token == text) continue;
    EXPECT_FALSE(SubjectOf(token).ok()) << token;
  }
}

// The same, of what is signed: headers and claims of any form are read without harm.
TEST_F(JwtVerifierTest, SignedNonsenseIsReadWithoutHarm) {
  SetKeys({Ec().jwk()});
  std::mt19937 random(18);
  const auto below = [&random](size_t end) {
    return std::uniform_int_distribution<size_t>(0, end - 1)(random);
  };
  const std::string good_header = R"({"alg":"ES256","typ":"JWT","kid":"ec"})";
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string header = good_header;
    std::string claims = Claims().dump();
    std::string& changed = i % 4 == 0 ? header : claims;
    for (size_t changes = 1 + below(3); changes > 0; --changes) {
      constexpr std::string_view kPieces = "{}[]\",:0e-\\\xff\0n";
      changed[below(changed.size())] = kPieces[below(kPieces.size())];
    }
    const absl::StatusOr<std::string> subject = SubjectOf(Ec().SignTexts(header, claims));
    if (subject.ok()) {
      EXPECT_EQ(Json::parse(claims)["sub"], *subject);
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace advae
