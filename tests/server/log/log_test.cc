#include "server/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::MatchesRegex;
using testing::StatusIs;

TEST(LogTest, ConfigureChecksNames) {
  EXPECT_THAT(ConfigureLog("loud", "text"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("debug, info, warning")));
  EXPECT_THAT(ConfigureLog("info", "xml"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("text or json")));
  EXPECT_THAT(ConfigureLog("info", "text"), IsOk());
}

TEST(LogTest, WritesInOrder) {
  ASSERT_THAT(ConfigureLog("info", "text"), IsOk());
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "first", {{"model", "pump"}});
  Log(LogLevel::kDebug, "not this one");
  Log(LogLevel::kError, "second");
  FlushLog(absl::Seconds(60));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              MatchesRegex("[^ ]+Z info first model=pump\n[^ ]+Z error second\n"));
}

TEST(LogTest, VerbosityHasTwoEnds) {
  ASSERT_THAT(ConfigureLog("warning", "text"), IsOk());
  EXPECT_FALSE(IsLogged(LogLevel::kInfo));
  MakeLogMoreVerbose();
  EXPECT_TRUE(IsLogged(LogLevel::kInfo));
  EXPECT_FALSE(IsLogged(LogLevel::kDebug));
  for (int i = 0; i < 5; ++i) MakeLogMoreVerbose();
  EXPECT_TRUE(IsLogged(LogLevel::kDebug));
  for (int i = 0; i < 5; ++i) MakeLogLessVerbose();
  EXPECT_FALSE(IsLogged(LogLevel::kWarning));
  EXPECT_TRUE(IsLogged(LogLevel::kError));
  MakeLogMoreVerbose();
  EXPECT_TRUE(IsLogged(LogLevel::kWarning));
  EXPECT_FALSE(IsLogged(LogLevel::kInfo));
}

}  // namespace
}  // namespace advae
