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
}

}  // namespace
}  // namespace advae
