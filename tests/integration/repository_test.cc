// A server and the folder that it serves: what other processes change in it, and what is damaged.

#include <fstream>
#include <functional>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

v1::ScoreRequest OneRow(const std::string& model) {
  return ScoreRequestOf(model, RandomRows(1, kRandomModelColumns, 1));
}

class SharedRepositoryTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=20ms"}));
  }

  // True when the model is served by this version.
  bool IsServedBy(const std::string& model, uint64_t version) {
    v1::ScoreResponse response;
    return Score(OneRow(model), response).ok() && response.version() == version;
  }
};

TEST_F(SharedRepositoryTest, TakesUpWhatOthersPublishChooseAndDelete) {
  ASSERT_OK_AND_ASSIGN(const Repository other, Repository::Open(repository()));
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  EXPECT_TRUE(Eventually([this] { return IsServedBy("pump", 2); }));
  ASSERT_NO_FATAL_FAILURE(Publish("fan", 1));
  EXPECT_TRUE(Eventually([this] { return IsServedBy("fan", 1); }));
  ASSERT_THAT(other.SetServingVersion("pump", 1), IsOk());
  EXPECT_TRUE(Eventually([this] { return IsServedBy("pump", 1); }));
  ASSERT_THAT(other.DeleteModel("fan"), IsOk());
  EXPECT_TRUE(Eventually([this] {
    v1::ScoreResponse response;
    return Score(OneRow("fan"), response).error_code() == grpc::StatusCode::NOT_FOUND;
  }));
}

TEST_F(SharedRepositoryTest, TakesUpThresholdsThatAnotherServerApplies) {
  ASSERT_OK_AND_ASSIGN(const auto other, ServerProcess::Start(repository()));
  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_alpha(0.25);
  request.set_apply(true);
  CallContext context;
  v1::ThresholdResponse applied;
  ASSERT_THAT(other->detector().Threshold(&context, request, &applied), IsOkRpc());

  v1::ScoreResponse response;
  EXPECT_TRUE(
      Eventually([&] { return Score(OneRow("pump"), response).ok() && response.alpha() == 0.25; }));
  EXPECT_EQ(response.threshold(), applied.threshold());
}

// Versions 1 and 2 of "pump", of which 2 serves, and damage done to version 2.
struct Damage {
  const char* name;
  std::function<void(const std::filesystem::path& version)> inflict;
  const char* reason;  // a part of what the server logs
};

void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.name; }

class DamagedVersionTest : public ServerTest, public ::testing::WithParamInterface<Damage> {};

TEST_P(DamagedVersionTest, IsReportedAndSkipped) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  ASSERT_NO_FATAL_FAILURE(Publish("fan", 1));
  GetParam().inflict(repository() / "pump" / "2");
  ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=10ms"}));

  v1::ScoreResponse response;
  ASSERT_THAT(Score(OneRow("pump"), response), IsOkRpc());
  EXPECT_EQ(response.version(), 1);
  EXPECT_THAT(Score(OneRow("fan"), response), IsOkRpc());
  EXPECT_THAT(server().process().WaitForError("version skipped model=pump version=2"), IsOk());
  EXPECT_THAT(server().process().errors(), HasSubstr(GetParam().reason));
  // Once, however often the repository is polled.
  ASSERT_NO_FATAL_FAILURE(Publish("later", 1));
  EXPECT_TRUE(Eventually([&] { return Score(OneRow("later"), response).ok(); }));
  ASSERT_OK_AND_ASSIGN(const MetricsPage metrics, server().Metrics());
  EXPECT_EQ(metrics.Value("advae_load_failures_total"), 1);
  EXPECT_EQ(metrics.Value("advae_unreadable_versions"), 1);
}

void Overwrite(const std::filesystem::path& file, const std::string& text) {
  ASSERT_TRUE(std::filesystem::exists(file)) << file;
  std::ofstream(file, std::ios::binary) << text;
}

const Damage kDamages[] = {
    {"TruncatedWeights",
     [](const auto& version) {
       std::filesystem::resize_file(version / "weights.safetensors", 100);
     },
     "the file has 100 bytes, expected "},
    {"EmptyScores",
     [](const auto& version) { std::filesystem::resize_file(version / "scores.safetensors", 0); },
     "the file has 0 bytes, expected "},
    {"AlteredWeights",
     [](const auto& version) {
       std::fstream file(version / "weights.safetensors", std::ios::in | std::ios::out);
       file.seekp(-1, std::ios::end);
       file.put('\x55');
     },
     "the file was altered: its SHA-256 is not that of the manifest"},
    {"MissingScores",
     [](const auto& version) { std::filesystem::remove(version / "scores.safetensors"); },
     "scores.safetensors: the file is missing"},
    {"MissingManifest",
     [](const auto& version) { std::filesystem::remove(version / "manifest.json"); },
     "manifest.json: the file is missing"},
    {"TruncatedManifest",
     [](const auto& version) { std::filesystem::resize_file(version / "manifest.json", 20); },
     "manifest.json: the file was altered"},
    {"GarbageManifest",
     [](const auto& version) { Overwrite(version / "manifest.json", "\xff{not json"); },
     "manifest.json: the file was altered"},
    {"EmptyFolder",
     [](const auto& version) {
       std::filesystem::remove_all(version);
       std::filesystem::create_directory(version);
     },
     "manifest.json: the file is missing"},
    {"AnotherVersionsFiles",
     [](const auto& version) {
       std::filesystem::copy(version.parent_path() / "1", version,
                             std::filesystem::copy_options::recursive |
                                 std::filesystem::copy_options::overwrite_existing);
     },
     "the manifest is that of version 1 of model 'pump'"},
    {"GarbageThresholds",
     [](const auto& version) { std::ofstream(version / "thresholds.json") << "{"; },
     "thresholds.json"},
};

INSTANTIATE_TEST_SUITE_P(Damages, DamagedVersionTest, ::testing::ValuesIn(kDamages),
                         [](const auto& info) { return info.param.name; });

TEST_F(SharedRepositoryTest, PassesOverWhatIsNoModel) {
  std::ofstream(repository() / "README") << "not a model";
  std::filesystem::create_directory(repository() / "lost+found");
  std::filesystem::create_directory(repository() / "empty");
  std::filesystem::create_directories(repository() / "pump" / "notes");
  std::ofstream(repository() / "pump" / "7") << "not a folder";
  std::ofstream(repository() / "pump" / "serving.json") << "garbage";
  ASSERT_NO_FATAL_FAILURE(RestartServer());
  CallContext context;
  v1::ListModelsResponse response;
  ASSERT_THAT(server().registry().ListModels(&context, {}, &response), IsOkRpc());
  ASSERT_EQ(response.models_size(), 1);
  EXPECT_EQ(response.models(0).model(), "pump");
  EXPECT_THAT(response.models(0).versions(), ::testing::ElementsAre(1));
  ASSERT_OK_AND_ASSIGN(const MetricsPage metrics, server().Metrics());
  EXPECT_EQ(metrics.Value("advae_load_failures_total"), 0);
}

}  // namespace
}  // namespace advae::testing
