#ifndef ADVAE_TESTS_TESTING_RPC_MATCHERS_H_
#define ADVAE_TESTS_TESTING_RPC_MATCHERS_H_

#include <gmock/gmock.h>
#include <grpcpp/support/status.h>

#include <string>

namespace advae::testing {

// EXPECT_THAT(stub->Score(...), IsOkRpc());
MATCHER(IsOkRpc, "is OK") {
  *result_listener << "code " << arg.error_code() << ": " << arg.error_message();
  return arg.ok();
}

// EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::NOT_FOUND, HasSubstr("letter")));
MATCHER_P2(RpcFailsWith, code, message,
           "has code " + ::testing::PrintToString(static_cast<int>(code)) + " and a message that " +
               ::testing::DescribeMatcher<std::string>(message)) {
  *result_listener << "code " << arg.error_code() << ": " << arg.error_message();
  return arg.error_code() == code && ::testing::Matches(message)(arg.error_message());
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_RPC_MATCHERS_H_
