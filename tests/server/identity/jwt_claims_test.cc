#include "server/identity/jwt_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

using Json = nlohmann::ordered_json;

constexpr int64_t kNow = 1'700'000'000;

// What a good token claims.
Json GoodClaims() {
  return {{"iss", "https://issuer.example"},
          {"aud", "advae"},
          {"sub", "pipeline"},
          {"exp", kNow + 300},
          {"nbf", kNow},
          {"iat", kNow}};
}

absl::StatusOr<JwtIdentity> Check(const std::string& claims, int64_t now = kNow) {
  return CheckClaims(claims, {.issuer = "https://issuer.example", .audience = "advae"},
                     absl::FromUnixSeconds(now));
}

Json With(const std::string& name, const Json& value) {
  Json claims = GoodClaims();
  claims[name] = value;
  return claims;
}

Json Without(const std::string& name) {
  Json claims = GoodClaims();
  claims.erase(name);
  return claims;
}

auto IsRefused(const std::string& reason) {
  return StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr(reason));
}

TEST(CheckClaimsTest, TellsWhoItIsAndUntilWhen) {
  ASSERT_OK_AND_ASSIGN(const JwtIdentity identity, Check(GoodClaims().dump()));
  EXPECT_EQ(identity.subject, "pipeline");
  EXPECT_EQ(identity.expires, absl::FromUnixSeconds(kNow + 300));
}

TEST(CheckClaimsTest, TheIssuerMustBeTheExpectedOne) {
  EXPECT_THAT(Check(With("iss", "https://issuer.example/").dump()), IsRefused("another issuer"));
  EXPECT_THAT(Check(With("iss", Json::array({"https://issuer.example"})).dump()),
              IsRefused("another issuer"));
  EXPECT_THAT(Check(Without("iss").dump()), IsRefused("another issuer"));
}

TEST(CheckClaimsTest, TheAudienceIsATextOrAList) {
  EXPECT_THAT(Check(With("aud", {"billing", "advae"}).dump()), IsOk());
  for (const Json& other :
       {Json("billing"), Json("advae2"), Json::array({"billing"}), Json::array(), Json(nullptr),
        Json(1), Json({{"advae", "advae"}}), Json::array({Json::array({"advae"})})}) {
    EXPECT_THAT(Check(With("aud", other).dump()), IsRefused("another audience")) << other;
  }
  EXPECT_THAT(Check(Without("aud").dump()), IsRefused("another audience"));
}

TEST(CheckClaimsTest, ATokenExpires) {
  const std::string claims = GoodClaims().dump();
  EXPECT_THAT(Check(claims, kNow + 300 + 59), IsOk());
  EXPECT_THAT(Check(claims, kNow + 300 + 60), IsRefused("has expired"));
  EXPECT_THAT(Check(Without("exp").dump()), IsRefused("never expires"));
}

TEST(CheckClaimsTest, ATokenBeginsWithLeeway) {
  for (const std::string name : {"nbf", "iat"}) {
    EXPECT_THAT(Check(With(name, kNow + 60).dump()), IsOk());
    EXPECT_THAT(Check(With(name, kNow + 61).dump()), IsRefused("(" + name + ")"));
    EXPECT_THAT(Check(Without(name).dump()), IsOk());
  }
}

TEST(CheckClaimsTest, TimesAreNumbersOfSeconds) {
  EXPECT_THAT(Check(With("exp", kNow + 0.5).dump()), IsOk());
  for (const std::string name : {"exp", "nbf", "iat"}) {
    for (const Json& bad : {Json("1700000300"), Json(-1), Json(1e300), Json(nullptr),
                            Json::array({kNow}), Json(true), Json(UINT64_MAX)}) {
      EXPECT_THAT(Check(With(name, bad).dump()), IsRefused("(" + name + ") that is none"))
          << name << " " << bad;
    }
  }
}

TEST(CheckClaimsTest, TheSubjectIsSubOrTheClient) {
  Json claims = Without("sub");
  EXPECT_THAT(Check(claims.dump()), IsRefused("names no subject"));
  claims["client_id"] = "batch-job";
  ASSERT_OK_AND_ASSIGN(const JwtIdentity client, Check(claims.dump()));
  EXPECT_EQ(client.subject, "batch-job");
  // One who chooses the name of a client does not become it.
  claims["sub"] = "somebody";
  ASSERT_OK_AND_ASSIGN(const JwtIdentity both, Check(claims.dump()));
  EXPECT_EQ(both.subject, "somebody");
  claims["sub"] = nullptr;
  EXPECT_THAT(Check(claims.dump()), IsRefused("no grant can have"));
}

TEST(CheckClaimsTest, TheSubjectIsBounded) {
  EXPECT_THAT(Check(With("sub", std::string(255, 's')).dump()), IsOk());
  for (const Json& bad : {Json(""), Json(std::string(256, 's')), Json("two words"), Json("a\nb"),
                          Json("zürich"), Json(7)}) {
    EXPECT_THAT(Check(With("sub", bad).dump()), IsRefused("no grant can have")) << bad;
  }
}

// Whoever has only seen such a token may not use it.
TEST(CheckClaimsTest, TokensBoundToAKeyAreNotTaken) {
  EXPECT_THAT(Check(With("cnf", {{"jkt", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}).dump()),
              IsRefused("(cnf)"));
}

TEST(CheckClaimsTest, ClaimsAreOneJsonObject) {
  // The second of two members of the same name would count elsewhere.
  const std::string twice = R"({"sub": "admin", )" + GoodClaims().dump().substr(1);
  for (const std::string& claims :
       {std::string(), std::string("{"), std::string("[]"), std::string("\"advae\""), twice,
        GoodClaims().dump() + "x", std::string(4000, '['), std::string(R"({"a": "\xff"})")}) {
    EXPECT_THAT(Check(claims), IsRefused("no JSON object")) << claims;
  }
}

}  // namespace
}  // namespace advae
