#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_SERVER_TEST_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_SERVER_TEST_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/repository/repository.h"
#include "tests/integration/harness/rpc.h"
#include "tests/integration/harness/server_process.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae::testing {

// Columns of the models that PublishRandomModel makes.
inline constexpr size_t kRandomModelColumns = 3;

// Publishes a version of a small random model without the help of any program.
inline void PublishRandomModel(const std::filesystem::path& repository, const std::string& model,
                               uint32_t seed = 1) {
  ASSERT_OK_AND_ASSIGN(const Repository opened, Repository::Open(repository));
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, RandomBundle(model, seed));
  ASSERT_THAT(opened.Publish(bundle), IsOk());
}

// A test with a repository of its own and a server on it. Call StartServer first, within
// ASSERT_NO_FATAL_FAILURE.
class ServerTest : public ::testing::Test {
 protected:
  void StartServer(const std::vector<std::string>& flags = {},
                   const std::vector<std::string>& launcher = {}) {
    ASSERT_OK_AND_ASSIGN(server_, ServerProcess::Start(repository(), flags, launcher));
  }
  void RestartServer(const std::vector<std::string>& flags = {}) {
    ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server_->Stop());
    ASSERT_EQ(end, Exited(0)) << server_->process().errors();
    StartServer(flags);
  }

  const std::filesystem::path& folder() const { return folder_.path(); }
  std::filesystem::path repository() const { return folder_.path() / "models"; }
  void Publish(const std::string& model, uint32_t seed = 1) {
    PublishRandomModel(repository(), model, seed);
  }

  ServerProcess& server() { return *server_; }

  grpc::Status Score(const v1::ScoreRequest& request, v1::ScoreResponse& response) {
    CallContext context;
    return server_->detector().Score(&context, request, &response);
  }
  grpc::Status GetModel(const std::string& model, v1::GetModelResponse& response) {
    CallContext context;
    v1::GetModelRequest request;
    request.set_model(model);
    return server_->registry().GetModel(&context, request, &response);
  }

 private:
  const TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> server_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_SERVER_TEST_H_
