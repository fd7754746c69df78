#include "server/identity/verified_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

using ::testing::Optional;

constexpr size_t kMax = 8;

class VerifiedTokensTest : public ::testing::Test {
 protected:
  void Add(int number) {
    tokens_.Add(absl::StrCat("digest-", number),
                {.subject = absl::StrCat("s", number), .expires = now_ + absl::Hours(1)});
  }
  std::optional<std::string> Find(int number, absl::Duration later = absl::ZeroDuration()) {
    return tokens_.Find(absl::StrCat("digest-", number), now_ + later);
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  VerifiedTokens tokens_{kMax};
};

TEST_F(VerifiedTokensTest, FindsWhatWasAdded) {
  Add(1);
  Add(2);
  EXPECT_THAT(Find(1), Optional(std::string("s1")));
  EXPECT_THAT(Find(2), Optional(std::string("s2")));
  EXPECT_EQ(Find(3), std::nullopt);
}

TEST_F(VerifiedTokensTest, ForgetsWhatHasExpired) {
  Add(1);
  EXPECT_TRUE(Find(1, absl::Hours(1) + kJwtLeeway - absl::Nanoseconds(1)).has_value());
  EXPECT_EQ(Find(1, absl::Hours(1) + kJwtLeeway), std::nullopt);
  EXPECT_EQ(tokens_.size(), 0);
}

TEST_F(VerifiedTokensTest, KeepsNoMoreThanItMay) {
  for (int i = 0; i < 1000; ++i) {
    Add(i);
    EXPECT_LE(tokens_.size(), kMax);
  }
  EXPECT_TRUE(Find(999).has_value());
  EXPECT_EQ(Find(0), std::nullopt);
}

TEST_F(VerifiedTokensTest, KeepsWhatIsUsed) {
  Add(0);
  for (int i = 1; i < 1000; ++i) {
    Add(i);
    EXPECT_TRUE(Find(0).has_value()) << i;
    EXPECT_LE(tokens_.size(), kMax);
  }
}

}  // namespace
}  // namespace advae
