// Trainings that succeed: what they answer, and that they can be repeated bit for bit.

#include <cmath>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::ElementsAre;

std::string ReadBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

v1::TrainRequest SeededSpec(uint64_t seed) {
  v1::TrainRequest request = TinySpecOf("pump");
  request.mutable_spec()->set_seed(seed);
  request.mutable_spec()->mutable_hyperparameters()->set_epochs(3);
  return request;
}

class TrainingTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartServer({"--repository_poll_interval=20ms"}));
  }

  // Trains the next version of "pump" and gives its folder.
  void TrainVersion(const v1::TrainRequest& spec, std::filesystem::path& version) {
    const auto outcome = Train(server().detector(), {spec, RowsOf(rows_)});
    ASSERT_THAT(outcome.status, IsOkRpc());
    ASSERT_FALSE(outcome.responses.empty());
    version = repository() / "pump" /
              absl::StrCat(outcome.responses.back().finished().version().version());
  }

  void ExpectSameModel(const std::filesystem::path& a, const std::filesystem::path& b) {
    for (const char* file : {"weights.safetensors", "scores.safetensors"}) {
      EXPECT_EQ(ReadBytes(a / file), ReadBytes(b / file)) << a << " " << b << " " << file;
    }
  }

  const Matrix rows_ = RandomRows(200, 3, 5);
};

TEST_F(TrainingTest, TellsHowItGoesAndPublishesTheVersion) {
  const Matrix first = RandomRows(90, 4, 1), second = RandomRows(60, 4, 2);
  v1::TrainRequest spec = SpecOf("pump");
  spec.mutable_spec()->mutable_hyperparameters()->set_epochs(20);
  spec.mutable_spec()->set_alpha(0.2);
  v1::TrainRequest named = RowsOf(first);
  for (const char* name : {"a", "b", "c", "d"}) named.mutable_rows()->add_feature_names(name);
  const auto outcome = Train(server().detector(), {spec, named, RowsOf(second)});
  ASSERT_THAT(outcome.status, IsOkRpc());
  ASSERT_GE(outcome.responses.size(), 3);

  const v1::TrainAccepted& accepted = outcome.responses.front().accepted();
  EXPECT_EQ(accepted.model(), "pump");
  EXPECT_EQ(accepted.rows(), 150);
  EXPECT_EQ(accepted.columns(), 4);
  EXPECT_EQ(accepted.hyperparameters().objective(), v1::OBJECTIVE_ADVAE);
  EXPECT_EQ(accepted.hyperparameters().latent_size(), 1);
  EXPECT_EQ(accepted.hyperparameters().epochs(), 20);

  const v1::TrainProgress& last = outcome.responses.end()[-2].progress();
  // Of all three members of the default ensemble.
  EXPECT_EQ(last.epoch(), 3 * 20);
  EXPECT_EQ(last.epochs(), 3 * 20);
  EXPECT_GT(last.rows_per_second(), 0);
  EXPECT_GT(last.losses().encoder(), 0);
  EXPECT_GT(last.losses().generator(), 0);

  const v1::VersionInfo& version = outcome.responses.back().finished().version();
  EXPECT_EQ(version.version(), 1);
  EXPECT_EQ(version.origin(), v1::ORIGIN_TRAINED);
  EXPECT_EQ(version.training_rows(), 150);
  ASSERT_EQ(version.features_size(), 4);
  EXPECT_EQ(version.features(3).name(), "d");
  ASSERT_EQ(version.threshold_history_size(), 1);
  EXPECT_EQ(version.threshold_history(0).alpha(), 0.2);
  EXPECT_EQ(version.data_fingerprint().size(), 64);

  v1::ScoreResponse response;
  ASSERT_THAT(Score(ScoreRequestOf("pump", first), response), IsOkRpc());
  EXPECT_EQ(response.threshold(), version.threshold_history(0).threshold());
}

TEST_F(TrainingTest, TheSameSeedGivesTheSameBitsByRpcAndOffline) {
  std::filesystem::path first, second, other;
  ASSERT_NO_FATAL_FAILURE(TrainVersion(SeededSpec(7), first));
  ASSERT_NO_FATAL_FAILURE(TrainVersion(SeededSpec(7), second));
  ASSERT_NO_FATAL_FAILURE(TrainVersion(SeededSpec(8), other));
  ExpectSameModel(first, second);
  EXPECT_NE(ReadBytes(first / "weights.safetensors"), ReadBytes(other / "weights.safetensors"));

  // Offline, into the repository of the running server.
  const std::filesystem::path csv = folder() / "rows.csv";
  std::ofstream file(csv);
  file << "x0,x1,x2\n";
  for (size_t i = 0; i < rows_.rows(); ++i) {
    for (size_t j = 0; j < 3; ++j)
      file << absl::StrFormat("%.9g%c", rows_.row(i)[j], j == 2 ? '\n' : ',');
  }
  file.close();
  ASSERT_OK_AND_ASSIGN(
      auto trainer,
      Process::Start(
          {.program = ADVAE_TRAINER_PROGRAM,
           .arguments = {"train", "pump", absl::StrCat("--repository=", repository().string()),
                         absl::StrCat("--data=", csv.string()), "--seed=7", "--epochs=3",
                         "--latent-size=2", "--hidden-size=4"}}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, trainer->Wait());
  ASSERT_EQ(end, Exited(0)) << trainer->errors();
  ExpectSameModel(first, repository() / "pump" / "4");
  EXPECT_TRUE(Eventually([this] {
    v1::GetModelResponse model;
    return GetModel("pump", model).ok() && model.summary().serving_version() == 4;
  }));
}

TEST_F(TrainingTest, TakesTwoRows) {
  const Matrix rows{.values = {0, 1, 2, 3, 4, 5}, .columns = 3};
  ASSERT_THAT(Train(server().detector(), {TinySpecOf("pump"), RowsOf(rows)}).status, IsOkRpc());
  v1::ScoreResponse response;
  ASSERT_THAT(Score(ScoreRequestOf("pump", rows), response), IsOkRpc());
  EXPECT_GE(response.p_values(0), 0);
}

TEST_F(TrainingTest, TakesConstantColumns) {
  Matrix rows = RandomRows(20, 3, 1);
  for (size_t i = 0; i < rows.rows(); ++i) rows.values[i * 3 + 1] = 5;
  ASSERT_THAT(Train(server().detector(), {TinySpecOf("pump"), RowsOf(rows)}).status, IsOkRpc());

  // The constant's plain difference counts; a score grows as its logarithm.
  Matrix probe{.values = {rows.values[0], 5, rows.values[2], rows.values[0], 105, rows.values[2]},
               .columns = 3};
  v1::ScoreResponse response;
  ASSERT_THAT(Score(ScoreRequestOf("pump", probe), response), IsOkRpc());
  EXPECT_GT(response.scores(1), 8);
  EXPECT_THAT(response.anomalies(), ElementsAre(::testing::_, true));
}

TEST_F(TrainingTest, TakesRowsThatAreAllEqual) {
  const Matrix rows{.values = std::vector<float>(60, 2.5f), .columns = 3};
  ASSERT_THAT(Train(server().detector(), {TinySpecOf("pump"), RowsOf(rows)}).status, IsOkRpc());
  v1::ScoreResponse response;
  ASSERT_THAT(
      Score(ScoreRequestOf("pump", {.values = {2.5, 2.5, 2.5, 9, 9, 9}, .columns = 3}), response),
      IsOkRpc());
  EXPECT_FALSE(std::isnan(response.threshold()));
  EXPECT_TRUE(response.anomalies(1));
}

TEST_F(TrainingTest, CanLeaveTheServingVersionAlone) {
  std::filesystem::path ignored;
  v1::TrainRequest spec = TinySpecOf("pump");
  spec.mutable_spec()->set_keep_serving_version(true);
  ASSERT_NO_FATAL_FAILURE(TrainVersion(spec, ignored));
  ASSERT_NO_FATAL_FAILURE(TrainVersion(spec, ignored));
  v1::GetModelResponse model;
  ASSERT_THAT(GetModel("pump", model), IsOkRpc());
  EXPECT_THAT(model.summary().versions(), ElementsAre(1, 2));
  EXPECT_EQ(model.summary().serving_version(), 1);
}

}  // namespace
}  // namespace advae::testing
