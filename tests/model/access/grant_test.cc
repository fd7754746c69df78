#include "model/access/grant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

TEST(RoleTest, NamesAreReadBack) {
  for (const char* const name : {"viewer", "scorer", "trainer", "admin"}) {
    ASSERT_TRUE(RoleNamed(name).has_value()) << name;
    EXPECT_STREQ(NameOf(*RoleNamed(name)), name);
  }
  EXPECT_FALSE(RoleNamed("root").has_value());
  EXPECT_FALSE(RoleNamed("").has_value());
}

TEST(RoleTest, EachMayDoWhatThoseBeforeItMay) {
  EXPECT_LT(Role::kViewer, Role::kScorer);
  EXPECT_LT(Role::kScorer, Role::kTrainer);
  EXPECT_LT(Role::kTrainer, Role::kAdmin);
}

TEST(GrantTest, CoversWhatOneOfItsPatternsFits) {
  const Grant grant = {.name = "fraud", .role = Role::kScorer, .models = {"card", "fraud-*"}};
  EXPECT_TRUE(grant.Covers("card"));
  EXPECT_TRUE(grant.Covers("fraud-eu"));
  EXPECT_FALSE(grant.Covers("cards"));
  EXPECT_FALSE(grant.CoversAll());
  EXPECT_TRUE(Grant{.name = "all"}.CoversAll());
}

TEST(ValidateGrantTest, SaysWhatWasExpected) {
  EXPECT_THAT(ValidateGrant({.name = "team@example.com"}), IsOk());
  EXPECT_THAT(ValidateGrant({.name = "two words"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("two words")));
  EXPECT_THAT(ValidateGrant({.name = std::string(65, 'a')}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("64")));
  EXPECT_THAT(ValidateGrant({.name = "a", .models = {}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no models")));
  EXPECT_THAT(ValidateGrant({.name = "a", .models = {"pump/1"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("pump/1")));
  EXPECT_THAT(ValidateGrant({.name = "a", .id = "0123456789abcdef"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sha256")));
  EXPECT_THAT(ValidateGrant({.name = "a", .subject = "auth0|5f7c8ec7c33c6c004bbafe82"}), IsOk());
  EXPECT_THAT(ValidateGrant({.name = "a", .subject = "two words"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged subject")));
  EXPECT_THAT(ValidateGrant({.name = "a", .subject = std::string(256, 's')}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("damaged subject")));
  // Whichever of them it were for, the other would be taken for granted.
  EXPECT_THAT(
      ValidateGrant(
          {.name = "a", .id = "0123456789abcdef", .sha256 = std::string(64, '0'), .subject = "s"}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("neither id nor sha256")));
}

}  // namespace
}  // namespace advae
