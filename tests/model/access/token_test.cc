#include "model/access/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "model/base/sha256.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;

TEST(TokenTest, IsOfItsGrantAlone) {
  Grant grant = {.name = "a"};
  Grant other = {.name = "b"};
  ASSERT_OK_AND_ASSIGN(const std::string token, MakeToken(grant));
  ASSERT_OK_AND_ASSIGN(const std::string second, MakeToken(other));
  EXPECT_NE(token, second);
  EXPECT_THAT(ValidateGrant(grant), IsOk());
  EXPECT_EQ(TokenId(token), grant.id);
  EXPECT_EQ(grant.sha256, Sha256Hex(token));
  EXPECT_TRUE(IsTokenOf(token, grant));
  EXPECT_FALSE(IsTokenOf(token, other));
  EXPECT_FALSE(IsTokenOf(token, Grant{.name = "a"}));
}

TEST(TokenTest, AWrongSecretIsNone) {
  Grant grant = {.name = "a"};
  ASSERT_OK_AND_ASSIGN(std::string token, MakeToken(grant));
  token.back() = token.back() == '0' ? '1' : '0';
  EXPECT_EQ(TokenId(token), grant.id);
  EXPECT_FALSE(IsTokenOf(token, grant));
}

TEST(TokenTest, OtherTextsHaveNoId) {
  Grant grant = {.name = "a"};
  ASSERT_OK_AND_ASSIGN(const std::string token, MakeToken(grant));
  std::string upper = token;
  upper[8] = 'A';
  std::string without = token;
  without[22] = '0';
  for (const std::string& text : {std::string(), std::string("advae_"), token + "0",
                                  token.substr(1), "Bearer " + token, upper, without}) {
    EXPECT_EQ(TokenId(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace advae
