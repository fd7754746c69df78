#include "server/identity/jwt_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/testing/jwt_signer.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::JwkSet;
using ::advae::testing::JwtSigner;
using ::advae::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Json = JwtSigner::Json;

// Keys take a while to make.
const JwtSigner& Rsa() {
  static const auto& signer = *new JwtSigner("RS256", "rsa");
  return signer;
}
const JwtSigner& Ec() {
  static const auto& signer = *new JwtSigner("ES256", "ec");
  return signer;
}

Json With(Json key, const std::string& name, const Json& value) {
  key[name] = value;
  return key;
}

auto IsRefused(const std::string& reason) {
  return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(reason));
}

// The algorithms of tokens that the key may have signed.
std::vector<std::string> AlgorithmsOf(const JwtKey& key) {
  std::vector<std::string> names;
  for (const char* const name :
       {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"}) {
    if (key.Fits(*JwtAlgorithmNamed(name))) names.emplace_back(name);
  }
  return names;
}

TEST(JwtAlgorithmTest, ThoseWithoutAKeyPairAreNotTaken) {
  for (const char* const name : {"none", "None", "NONE", "", "HS256", "HS384", "HS512", "rs256",
                                 "EdDSA", "ES256K", "RSA-OAEP", "dir"}) {
    EXPECT_EQ(JwtAlgorithmNamed(name), nullptr) << name;
  }
  EXPECT_EQ(JwtAlgorithmNames(), "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512");
}

TEST(ParseJwtKeysTest, AKeyFitsAlgorithmsOfItsKind) {
  const JwtSigner p384("ES384");
  const JwtSigner p521("ES512");
  ASSERT_OK_AND_ASSIGN(
      const std::vector<JwtKey> keys,
      ParseJwtKeys("k", JwkSet({Rsa().jwk(), Ec().jwk(), p384.jwk(), p521.jwk()})));
  ASSERT_EQ(keys.size(), 4);
  EXPECT_EQ(keys[0].id(), "rsa");
  EXPECT_EQ(keys[2].id(), "");
  EXPECT_THAT(AlgorithmsOf(keys[0]),
              ElementsAre("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"));
  EXPECT_THAT(AlgorithmsOf(keys[1]), ElementsAre("ES256"));
  EXPECT_THAT(AlgorithmsOf(keys[2]), ElementsAre("ES384"));
  EXPECT_THAT(AlgorithmsOf(keys[3]), ElementsAre("ES512"));
}

TEST(ParseJwtKeysTest, AKeyOfOneAlgorithmFitsThatAlone) {
  ASSERT_OK_AND_ASSIGN(const std::vector<JwtKey> keys,
                       ParseJwtKeys("k", JwkSet({With(Rsa().jwk(), "alg", "PS384"),
                                                 With(Ec().jwk(), "alg", "ES384")})));
  ASSERT_EQ(keys.size(), 2);
  EXPECT_THAT(AlgorithmsOf(keys[0]), ElementsAre("PS384"));
  EXPECT_THAT(AlgorithmsOf(keys[1]), IsEmpty());
}

TEST(ParseJwtKeysTest, KeysOfOtherUsesAndKindsAreLeftOut) {
  const Json ed25519 = {
      {"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}};
  const Json secret = {{"kty", "oct"}, {"k", "c2VjcmV0"}, {"alg", "HS256"}};
  ASSERT_OK_AND_ASSIGN(
      const std::vector<JwtKey> keys,
      ParseJwtKeys("k",
                   JwkSet({ed25519, secret, With(Rsa().jwk(), "use", "enc"),
                           With(Rsa().jwk(), "alg", "RSA-OAEP"),
                           With(Rsa().jwk(), "key_ops", Json::array({"encrypt"})),
                           With(Ec().jwk(), "crv", "secp256k1"), With(Ec().jwk(), "use", "sig"),
                           With(Rsa().jwk(), "key_ops", Json::array({"verify"}))})));
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[0].id(), "ec");
  EXPECT_EQ(keys[1].id(), "rsa");
}

TEST(ParseJwtKeysTest, ASetMayBeEmptyAndHaveOtherMembers) {
  ASSERT_OK_AND_ASSIGN(const std::vector<JwtKey> keys,
                       ParseJwtKeys("k", R"({"keys": [], "version": [1]})"));
  EXPECT_THAT(keys, IsEmpty());
}

TEST(ParseJwtKeysTest, DamagedKeysAreNamed) {
  const auto parse = [](const Json& key) { return ParseJwtKeys("k", JwkSet({Rsa().jwk(), key})); };
  EXPECT_THAT(parse(With(Rsa().jwk(), "n", "!")), IsRefused("k: key 2: it is damaged"));
  EXPECT_THAT(parse(With(Rsa().jwk(), "n", "")), IsRefused("n is missing"));
  EXPECT_THAT(parse(With(Rsa().jwk(), "e", 65537)), IsRefused("e is no text"));
  EXPECT_THAT(parse(With(Ec().jwk(), "x", Ec().jwk()["y"])), IsRefused("it is damaged"));
  EXPECT_THAT(parse(With(Ec().jwk(), "y", "AAAA")), IsRefused("it is damaged"));
  EXPECT_THAT(parse(With(Ec().jwk(), "kid", 7)), IsRefused("kid is no text"));
  EXPECT_THAT(parse(Json::object()), IsRefused("kty is missing"));
  EXPECT_THAT(parse("key"), IsRefused("expected an object"));
}

TEST(ParseJwtKeysTest, APrivateKeyDoesNotBelongHere) {
  for (const Json& key : {Rsa().jwk(), Ec().jwk()}) {
    EXPECT_THAT(ParseJwtKeys("k", JwkSet({With(key, "d", "AQAB")})), IsRefused("private part"));
  }
}

TEST(ParseJwtKeysTest, AWeakKeyIsRefused) {
  const JwtSigner weak("RS256", "weak", 1024);
  EXPECT_THAT(ParseJwtKeys("k", JwkSet({weak.jwk()})), IsRefused("less than 2048 bits"));
}

TEST(ParseJwtKeysTest, OtherTextsAreNoSet) {
  for (const std::string text :
       {"", "{", "[]", "{}", R"({"keys": {}})", R"({"keys": [], "keys": []})"}) {
    EXPECT_THAT(ParseJwtKeys("k", text), IsRefused("k is no JWK set")) << text;
  }
  EXPECT_THAT(ParseJwtKeys("k", Rsa().pem()), IsRefused("k is no JWK set"));
  EXPECT_THAT(ParseJwtKeys("k", JwkSet(std::vector<Json>(65, Ec().jwk()))),
              IsRefused("65 keys; expected at most 64"));
}

TEST(ReadJwtKeysTest, ALargeFileIsRefused) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "keys.json";
  EXPECT_EQ(ReadJwtKeys(path).status().code(), absl::StatusCode::kNotFound);
  std::ofstream(path) << JwkSet({Ec().jwk()});
  EXPECT_THAT(ReadJwtKeys(path), IsOk());
  std::filesystem::resize_file(path, (1 << 20) + 1);
  EXPECT_THAT(ReadJwtKeys(path),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("File too large")));
}

}  // namespace
}  // namespace advae
