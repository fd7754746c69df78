#include "server/http/http_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// RFC 9110, section 10.2.3: a number of digits.
TEST(HttpErrorTest, RetryAfterIsAWholeNumberOfSeconds) {
  for (const auto& [hint, seconds] :
       std::vector<std::pair<absl::Duration, std::string>>{{absl::ZeroDuration(), "1"},
                                                           {absl::Nanoseconds(1), "1"},
                                                           {absl::Seconds(1), "1"},
                                                           {absl::Milliseconds(1001), "2"},
                                                           {absl::Seconds(1'000'000), "1000000"},
                                                           {absl::Hours(24 * 365), "31536000"}}) {
    const absl::Status status = WithRetryHint(absl::ResourceExhaustedError("full"), hint);
    EXPECT_THAT(HttpError(status).headers, ElementsAre(Pair("Retry-After", seconds))) << hint;
  }
  EXPECT_THAT(HttpError(absl::ResourceExhaustedError("full")).headers, IsEmpty());
}

}  // namespace
}  // namespace advae
