#include "server/jobs/upload_pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr UploadLimits kLimits = {.max_idle = absl::Seconds(10), .max_time = absl::Seconds(60)};
constexpr absl::Time kStart = absl::FromUnixSeconds(1000);

constexpr auto kLate = absl::StatusCode::kDeadlineExceeded;

TEST(UploadPaceTest, EndsAnUploadWhoseClientIsSilent) {
  UploadPace pace(kLimits, kStart);
  pace.AwaitMessage(kStart + absl::Seconds(3));
  EXPECT_EQ(pace.NextCheck(kStart + absl::Seconds(3)), kStart + absl::Seconds(13));
  EXPECT_THAT(pace.Check(kStart + absl::Seconds(12)), IsOk());
  EXPECT_THAT(pace.Check(kStart + absl::Seconds(13)),
              StatusIs(kLate, HasSubstr("has arrived for 10s, which is the limit")));
}

TEST(UploadPaceTest, EachMessageBeginsTheWaitAnew) {
  UploadPace pace(kLimits, kStart);
  for (int time = 0; time < 50; time += 9) {
    pace.AwaitMessage(kStart + absl::Seconds(time));
    EXPECT_THAT(pace.Check(kStart + absl::Seconds(time + 9)), IsOk());
    pace.TakeMessage();
  }
}

TEST(UploadPaceTest, TheTimeThatTheServerTakesIsNotTheClients) {
  UploadPace pace(kLimits, kStart);
  pace.AwaitMessage(kStart);
  pace.TakeMessage();
  EXPECT_THAT(pace.Check(kStart + absl::Seconds(50)), IsOk());
  EXPECT_EQ(pace.NextCheck(kStart + absl::Seconds(20)), kStart + absl::Seconds(30));
}

TEST(UploadPaceTest, EndsAnUploadThatGoesOnAndOn) {
  UploadPace pace(kLimits, kStart);
  pace.AwaitMessage(kStart + absl::Seconds(55));
  EXPECT_EQ(pace.NextCheck(kStart + absl::Seconds(55)), kStart + absl::Seconds(60));
  EXPECT_THAT(pace.Check(kStart + absl::Seconds(59)), IsOk());
  EXPECT_THAT(pace.Check(kStart + absl::Seconds(60)),
              StatusIs(kLate, HasSubstr("not complete after 1m")));
  // Also while the server is at work.
  pace.TakeMessage();
  EXPECT_THAT(pace.Check(kStart + absl::Seconds(60)), StatusIs(kLate, HasSubstr("not complete")));
}

}  // namespace
}  // namespace advae
