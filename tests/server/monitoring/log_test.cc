#include "server/monitoring/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr char kTime[] = "2026-01-02T03:04:05.678Z";

TEST(LogTest, TextQuotesWhatNeedsIt) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, LogLevel::kWarning, kTime, "version skipped",
                          {{"model", "pump-1"}, {"reason", "it \"broke\"\n"}, {"empty", ""}}),
            "2026-01-02T03:04:05.678Z warning version skipped model=pump-1 "
            "reason=\"it \\\"broke\\\"\\n\" empty=\"\"");
}

TEST(LogTest, JsonIsOneObjectALineWhateverTheValues) {
  const std::string line = FormatLogLine(LogFormat::kJson, LogLevel::kError, kTime, "rpc failed",
                                         {{"message", "line\nbreak"},
                                          {"bytes", std::string("\xff\x00\"", 3)},
                                          {"version", 3},
                                          {"alpha", 0.1}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], kTime);
  EXPECT_EQ(json["level"], "error");
  EXPECT_EQ(json["event"], "rpc failed");
  EXPECT_EQ(json["message"], "line\nbreak");
  EXPECT_EQ(json["version"], 3);
  EXPECT_EQ(json["alpha"], 0.1);
}

TEST(LogTest, ConfigureChecksNames) {
  EXPECT_THAT(ConfigureLog("loud", "text"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("debug, info, warning")));
  EXPECT_THAT(ConfigureLog("info", "xml"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("text or json")));
  EXPECT_THAT(ConfigureLog("info", "text"), IsOk());
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
