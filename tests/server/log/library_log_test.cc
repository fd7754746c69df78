#include "server/log/library_log.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "advae/v1/detector.pb.h"
#include "server/log/log.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class LibraryLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(ConfigureLog("info", "text"), testing::IsOk());
    TakeOverLibraryLogs();
    gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);  // as it is once gRPC has begun
    ::testing::internal::CaptureStderr();
  }
  static std::string Logged() {
    FlushLog(absl::Seconds(60));
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LibraryLogTest, WhatAClientPutsIntoAMessageForgesNoLine) {
  gpr_log(GPR_ERROR, "bad method: %s", "/a\n2026-01-01T00:00:00.000Z info forged");
  const std::string logged = Logged();
  EXPECT_EQ(std::ranges::count(logged, '\n'), 1);
  EXPECT_THAT(logged, HasSubstr(" error library message library=gRPC "
                                "source=library_log_test.cc:"));
  EXPECT_THAT(logged,
              HasSubstr(R"(message="bad method: /a\n2026-01-01T00:00:00.000Z info forged")"));
}

TEST_F(LibraryLogTest, AFloodIsHeldBack) {
  for (int i = 0; i < 10'000; ++i) gpr_log(GPR_ERROR, "flood");
  const std::string logged = Logged();
  // Ten for each second that has begun.
  EXPECT_GE(std::ranges::count(logged, '\n'), 10);
  EXPECT_LT(std::ranges::count(logged, '\n'), 2000);
}

TEST_F(LibraryLogTest, ProtobufTellsAboutBytesThatAreNotUtf8) {
  v1::ScoreRequest request;
  EXPECT_FALSE(request.ParseFromString("\x0a\x01\xff"));  // the field `model`
  const std::string logged = Logged();
  EXPECT_THAT(logged, HasSubstr(" error library message library=Protobuf source=wire_format"));
  EXPECT_THAT(logged, HasSubstr("'advae.v1.ScoreRequest.model' contains invalid UTF-8"));
  EXPECT_THAT(logged, Not(HasSubstr("[libprotobuf")));
}

}  // namespace
}  // namespace advae
