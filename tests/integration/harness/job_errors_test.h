#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_JOB_ERRORS_TEST_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_JOB_ERRORS_TEST_H_

#include <filesystem>

#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {

// What the server says of a model name that it does not take.
inline constexpr char kInvalidName[] =
    "is not valid; expected 1 to 64 letters, digits, '_', '-' or '.', starting with a letter or "
    "digit";

// A server with small limits, for trainings and imports that fail.
class JobErrorsTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(
        StartServer({"--max_message_bytes=65536", "--max_training_bytes=100000", "--max_jobs=1"}));
  }

  bool StagingIsEmpty() const {
    const std::filesystem::path staging = repository() / ".staging";
    return !std::filesystem::exists(staging) || std::filesystem::is_empty(staging);
  }
  void ExpectNoTrace() {
    EXPECT_TRUE(Eventually([this] { return StagingIsEmpty(); }));
    CallContext context;
    v1::ListModelsResponse response;
    ASSERT_THAT(server().registry().ListModels(&context, {}, &response), IsOkRpc());
    EXPECT_EQ(response.models_size(), 0);
  }
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_JOB_ERRORS_TEST_H_
