#include "model/base/error_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace advae {
namespace {

TEST(ErrorSubject, APathHasTheFieldsOfAllLevels) {
  absl::Status status = AtField(absl::InvalidArgumentError("alpha is 2"), "alpha");
  EXPECT_EQ(FieldOf(status), "alpha");
  status = AtField(AtField(status, "spec"), "request");
  EXPECT_EQ(FieldOf(status), "request.spec.alpha");
  EXPECT_EQ(status.message(), "alpha is 2");
}

TEST(ErrorSubject, AResultKeepsItsValueOrGetsTheField) {
  EXPECT_EQ(*AtField(absl::StatusOr<int>(7), "rows"), 7);
  const absl::StatusOr<int> failed = absl::InvalidArgumentError("no rows");
  EXPECT_EQ(FieldOf(AtField(failed, "rows").status()), "rows");
}

TEST(ErrorSubject, AnotherFieldTakesThePlaceOfAPath) {
  const absl::Status status =
      AtField(AtField(absl::InvalidArgumentError("no rows"), "rows"), "table");
  EXPECT_EQ(FieldOf(WithField(status, "inputs")), "inputs");
  EXPECT_EQ(FieldOf(WithField(status, "")), "");
}

TEST(ErrorSubject, OkIsAboutNothing) {
  EXPECT_EQ(FieldOf(AtField(absl::OkStatus(), "rows")), "");
  EXPECT_FALSE(ResourceOf(About(absl::OkStatus(), {.model = "pump"})).has_value());
}

TEST(ErrorSubject, IsAboutAModelOrAVersionOfIt) {
  EXPECT_FALSE(ResourceOf(absl::NotFoundError("gone")).has_value());
  const auto model = ResourceOf(About(absl::NotFoundError("gone"), {.model = "pump"}));
  ASSERT_TRUE(model.has_value());
  EXPECT_EQ(model->model, "pump");
  EXPECT_FALSE(model->version.has_value());
  const auto version =
      ResourceOf(About(absl::NotFoundError("gone"), {.model = "pump", .version = 3}));
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(version->version, 3);
}

}  // namespace
}  // namespace advae
