// Servers that are killed at any moment leave a repository in which every finished version is
// intact, and so is every change that they have confirmed.

#include <sys/inotify.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "model/repository/safetensors.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

constexpr int kRounds = 10;

// Tells when something is created, moved or deleted in folders.
class FolderWatch {
 public:
  explicit FolderWatch(const std::vector<std::filesystem::path>& folders)
      : descriptor_(inotify_init1(IN_CLOEXEC)) {
    for (const std::filesystem::path& folder : folders) {
      inotify_add_watch(descriptor_, folder.c_str(), IN_CREATE | IN_MOVE | IN_DELETE);
    }
  }
  ~FolderWatch() { close(descriptor_); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Waits for `count` more changes.
  void WaitForChanges(int count) {
    while (count > 0) {
      alignas(inotify_event) char buffer[4096];
      const ssize_t size = read(descriptor_, buffer, sizeof(buffer));
      if (size < 0) return;
      for (ssize_t offset = 0; offset < size; --count) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + offset);
        offset += static_cast<ssize_t>(sizeof(inotify_event)) + event->len;
      }
    }
  }

 private:
  const int descriptor_;
};

Tensor WeightOf(const DenseLayer& layer) {
  return {DType::kF32, {layer.outputs, layer.inputs}, {layer.weight.begin(), layer.weight.end()}};
}

Tensor BiasOf(const DenseLayer& layer) {
  return {DType::kF32, {layer.outputs}, {layer.bias.begin(), layer.bias.end()}};
}

std::string FileOf(const std::map<std::string, DenseLayer>& layers) {
  TensorMap tensors;
  for (const auto& [name, layer] : layers) {
    tensors.emplace(name + ".weight", WeightOf(layer));
    tensors.emplace(name + ".bias", BiasOf(layer));
  }
  return SerializeSafetensors(tensors);
}

// All messages of an import of a small random model.
std::vector<v1::ImportVersionRequest> ImportRequests() {
  const auto& [encoder, generator] = RandomWeights({3, 5, 4, 2, 6, 7}, 1);
  std::vector<v1::ImportVersionRequest> requests(4);
  requests[0].mutable_spec()->set_model("pump");
  requests[1].set_encoder_chunk(FileOf({{"fc1", encoder.hidden1},
                                        {"fc2", encoder.hidden2},
                                        {"fcmu", encoder.mean},
                                        {"fclogvar", encoder.log_variance}}));
  requests[2].set_generator_chunk(FileOf(
      {{"fc3", generator.hidden1}, {"fc4", generator.hidden2}, {"fcxmu", generator.output}}));
  *requests[3].mutable_rows() = ToProto(RandomRows(20, 3, 1));
  return requests;
}

class CrashTest : public ServerTest {
 protected:
  // Imports versions and applies a threshold to each, until the server does not answer.
  void ChangeUntilTheEnd() {
    const std::vector<v1::ImportVersionRequest> requests = ImportRequests();
    for (int i = 0;; ++i) {
      v1::ImportVersionResponse imported;
      if (!Import(server().registry(), requests, imported).ok()) return;
      confirmed_[imported.version().version()] = 0.1;

      v1::ThresholdRequest request;
      request.set_model("pump");
      request.set_version(imported.version().version());
      request.set_alpha(0.2 + 0.01 * i);
      request.set_apply(true);
      CallContext context;
      v1::ThresholdResponse threshold;
      if (!server().detector().Threshold(&context, request, &threshold).ok()) return;
      confirmed_[imported.version().version()] = request.alpha();
    }
  }

  // Every version that is there can be loaded, and what was confirmed is there.
  void ExpectIntact() {
    ASSERT_OK_AND_ASSIGN(const MetricsPage metrics, server().Metrics());
    EXPECT_EQ(metrics.Value("advae_load_failures_total"), 0) << server().process().errors();
    v1::GetModelResponse model;
    ASSERT_THAT(GetModel("pump", model), IsOkRpc());
    std::map<uint64_t, double> alphas;
    for (const v1::VersionInfo& version : model.versions()) {
      alphas[version.version()] = version.threshold_history().rbegin()->alpha();
    }
    for (const auto& [version, alpha] : confirmed_) {
      ASSERT_TRUE(alphas.contains(version)) << version;
      // A change may have been made and not been confirmed.
      EXPECT_GE(alphas[version], alpha) << version;
    }
    v1::ScoreResponse response;
    EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, 3, 1)), response), IsOkRpc());
  }

 private:
  std::map<uint64_t, double> confirmed_;  // the significance in force, by version
};

TEST_F(CrashTest, KilledServersLeaveEveryFinishedVersionIntact) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  std::mt19937 random(1);
  std::uniform_int_distribution<int> changes(1, 14);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE(round);
    ASSERT_NO_FATAL_FAILURE(StartServer());
    ASSERT_NO_FATAL_FAILURE(ExpectIntact());
    FolderWatch watch({repository() / ".staging", repository() / "pump"});
    std::thread client([this] { ChangeUntilTheEnd(); });
    watch.WaitForChanges(changes(random));
    server().process().KillAll();
    client.join();
  }
  ASSERT_NO_FATAL_FAILURE(StartServer());
  ExpectIntact();
  EXPECT_TRUE(Eventually([this] { return std::filesystem::is_empty(repository() / ".staging"); }))
      << "what the killed ones left";
}

}  // namespace
}  // namespace advae::testing
