#include "server/base/private_paths.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

class PrivatePathsTest : public ::testing::Test {
 protected:
  PrivatePathsTest() {
    AddPrivatePath("/srv/my models/./");
    AddPrivatePath("/opt/bin/advae-trainer");
  }
};

TEST_F(PrivatePathsTest, ShortensPathsToTheirLastName) {
  EXPECT_EQ(WithoutPrivatePaths("cannot write /srv/my models/pump/1/manifest.json: No space left"),
            "cannot write manifest.json: No space left");
  EXPECT_EQ(WithoutPrivatePaths("cannot list /srv/my models: Input/output error"),
            "cannot list my models: Input/output error");
  EXPECT_EQ(WithoutPrivatePaths(
                "cannot rename /srv/my models/.staging/7-x_1/a to /srv/my models/pump/2: exists"),
            "cannot rename a to 2: exists");
  EXPECT_EQ(WithoutPrivatePaths("its trainer program /opt/bin/advae-trainer is not installed"),
            "its trainer program advae-trainer is not installed");
}

TEST_F(PrivatePathsTest, LeavesAllElseAlone) {
  for (const char* message :
       {"", "model name 'a/b' is not valid", "feature 1 is \"/srv/my model\"",
        "cannot write /srv/my models2/a: x", "cannot write /x/srv/my models/a: x",
        "the feature is \"/api/login\""}) {
    EXPECT_EQ(WithoutPrivatePaths(message), message);
  }
}

}  // namespace
}  // namespace advae
