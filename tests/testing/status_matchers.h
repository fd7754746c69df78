#ifndef ADVAE_TESTS_TESTING_STATUS_MATCHERS_H_
#define ADVAE_TESTS_TESTING_STATUS_MATCHERS_H_

#include <gmock/gmock.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae::testing {

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& result) {
  return result.status();
}

// EXPECT_THAT(status_or_result, IsOk());
MATCHER(IsOk, "is OK") {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).ok();
}

// EXPECT_THAT(result, StatusIs(absl::StatusCode::kNotFound, HasSubstr("letter")));
MATCHER_P2(StatusIs, code, message,
           "has code " + absl::StatusCodeToString(code) + " and a message that " +
               ::testing::DescribeMatcher<std::string>(message)) {
  *result_listener << GetStatus(arg).ToString();
  return GetStatus(arg).code() == code &&
         ::testing::Matches(message)(std::string(GetStatus(arg).message()));
}

}  // namespace advae::testing

// ASSERT_OK_AND_ASSIGN(auto scorer, Scorer::Create(...));
#define ASSERT_OK_AND_ASSIGN(declaration, expression) \
  ADVAE_ASSERT_OK_AND_ASSIGN_(ADVAE_CONCAT_(result_, __LINE__), declaration, expression)
#define ADVAE_ASSERT_OK_AND_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                                        \
  ASSERT_THAT(result, ::advae::testing::IsOk());                     \
  declaration = *std::move(result)
#define ADVAE_CONCAT_(a, b) ADVAE_CONCAT_INNER_(a, b)
#define ADVAE_CONCAT_INNER_(a, b) a##b

#endif  // ADVAE_TESTS_TESTING_STATUS_MATCHERS_H_
