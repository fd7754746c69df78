#include "server/jobs/upload_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1000);
const absl::Time kLate = kStart + absl::Seconds(11);

class UploadStateTest : public ::testing::Test {
 protected:
  UploadState state_{{.max_idle = absl::Seconds(10), .max_time = absl::Seconds(60)}, kStart};
};

TEST_F(UploadStateTest, WhoeverClosesItLearnsWhetherSomebodyIsWriting) {
  EXPECT_FALSE(state_.Close().was_reading);

  UploadState reading({}, kStart);
  ASSERT_TRUE(reading.BeginRead(kStart));
  EXPECT_TRUE(reading.Close().was_reading);
  // Only the first is told.
  EXPECT_FALSE(reading.Close().was_reading);

  UploadState writing({}, kStart);
  ASSERT_TRUE(writing.BeginRead(kStart));
  ASSERT_TRUE(writing.BeginWrite());
  EXPECT_FALSE(writing.Close().was_reading);
}

TEST_F(UploadStateTest, NothingBeginsOnceItIsClosed) {
  state_.Close();
  EXPECT_FALSE(state_.BeginRead(kStart));
  EXPECT_FALSE(state_.BeginWrite());
  EXPECT_FALSE(state_.BeginJob(nullptr));
  EXPECT_EQ(state_.CloseIfTooSlow(kLate), std::nullopt);
  EXPECT_EQ(state_.NextPaceCheck(kStart), std::nullopt);
}

TEST_F(UploadStateTest, ASilentClientClosesIt) {
  ASSERT_TRUE(state_.BeginRead(kStart));
  EXPECT_EQ(state_.NextPaceCheck(kStart), kStart + absl::Seconds(10));
  EXPECT_EQ(state_.CloseIfTooSlow(kStart), std::nullopt);
  const auto too_slow = state_.CloseIfTooSlow(kLate);
  ASSERT_TRUE(too_slow.has_value());
  EXPECT_EQ(too_slow->status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(too_slow->was_reading);
  EXPECT_FALSE(state_.BeginWrite());
}

TEST_F(UploadStateTest, AJobHasAllTheTimeItNeedsAndCanBeCancelled) {
  ASSERT_OK_AND_ASSIGN(JobCancellation cancellation, JobCancellation::Create());
  const auto job = std::make_shared<JobCancellation>(std::move(cancellation));
  ASSERT_TRUE(state_.BeginJob(job));
  EXPECT_EQ(state_.CloseIfTooSlow(kStart + absl::Seconds(1000)), std::nullopt);
  EXPECT_FALSE(state_.BeginRead(kStart));
  const UploadState::Closed closed = state_.Close();
  EXPECT_EQ(closed.job, job);
  EXPECT_FALSE(closed.was_reading);
}

}  // namespace
}  // namespace advae
