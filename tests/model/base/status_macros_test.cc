#include "model/base/status_macros.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;

absl::Status Counted(absl::Status status, int& count) {
  ++count;
  return status;
}

absl::StatusOr<int> CountedValue(absl::StatusOr<int> value, int& count) {
  ++count;
  return value;
}

TEST(ReturnIfErrorTest, GoesOnAfterSuccess) {
  int evaluated = 0;
  bool went_on = false;
  const absl::Status status = [&]() -> absl::Status {
    ADVAE_RETURN_IF_ERROR(Counted(absl::OkStatus(), evaluated));
    went_on = true;
    return absl::NotFoundError("last");
  }();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, "last"));
  EXPECT_TRUE(went_on);
  EXPECT_EQ(evaluated, 1);
}

TEST(ReturnIfErrorTest, ReturnsAnErrorAsItIs) {
  int evaluated = 0;
  const absl::Status status = [&]() -> absl::Status {
    ADVAE_RETURN_IF_ERROR(Counted(absl::DataLossError("torn"), evaluated));
    return absl::OkStatus();
  }();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "torn"));
  EXPECT_EQ(evaluated, 1);
}

TEST(ReturnIfErrorTest, IsOneStatementAndFitsFunctionsThatReturnValues) {
  const auto check = [](bool first) -> absl::StatusOr<int> {
    if (first)
      ADVAE_RETURN_IF_ERROR(absl::NotFoundError("first"));
    else
      ADVAE_RETURN_IF_ERROR(absl::OkStatus());
    return 7;
  };
  EXPECT_THAT(check(true), StatusIs(absl::StatusCode::kNotFound, "first"));
  EXPECT_EQ(check(false).value(), 7);
}

TEST(AssignOrReturnTest, DeclaresTheValue) {
  int evaluated = 0;
  const auto sum = [&]() -> absl::StatusOr<int> {
    ADVAE_ASSIGN_OR_RETURN(const int a, CountedValue(3, evaluated));
    ADVAE_ASSIGN_OR_RETURN(auto b, CountedValue(4, evaluated));
    return a + b;
  }();
  EXPECT_EQ(sum.value(), 7);
  EXPECT_EQ(evaluated, 2);
}

TEST(AssignOrReturnTest, ReturnsAnErrorAsItIs) {
  int evaluated = 0;
  bool went_on = false;
  const absl::Status status = [&]() -> absl::Status {
    ADVAE_ASSIGN_OR_RETURN(const int a, CountedValue(absl::DataLossError("torn"), evaluated));
    went_on = a > 0;
    return absl::OkStatus();
  }();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "torn"));
  EXPECT_FALSE(went_on);
  EXPECT_EQ(evaluated, 1);
}

TEST(AssignOrReturnTest, AssignsToWhatExists) {
  std::pair<int, std::string> pair;
  const absl::Status status = [&]() -> absl::Status {
    ADVAE_ASSIGN_OR_RETURN(pair.second, absl::StatusOr<std::string>("text"));
    ADVAE_ASSIGN_OR_RETURN(pair.first, absl::StatusOr<int>(absl::NotFoundError("none")));
    return absl::OkStatus();
  }();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, "none"));
  EXPECT_EQ(pair, std::make_pair(0, std::string("text")));
}

TEST(AssignOrReturnTest, TakesTypesAndExpressionsWithCommas) {
  using Map = std::map<int, int>;
  const auto size = []() -> absl::StatusOr<size_t> {
    ADVAE_ASSIGN_OR_RETURN((const std::map<int, int> map),
                           absl::StatusOr<std::map<int, int>>(Map{{1, 2}, {3, 4}}));
    return map.size();
  }();
  EXPECT_EQ(size.value(), 2U);
}

TEST(AssignOrReturnTest, MovesTheValue) {
  const auto value = []() -> absl::StatusOr<std::unique_ptr<int>> {
    ADVAE_ASSIGN_OR_RETURN(std::unique_ptr<int> pointer,
                           absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(5)));
    return pointer;
  }();
  ASSERT_THAT(value, IsOk());
  EXPECT_EQ(**value, 5);
}

}  // namespace
}  // namespace advae
