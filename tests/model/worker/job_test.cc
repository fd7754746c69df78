#include "model/worker/job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "model/fitting/usual_rows.h"
#include "model/repository/repository.h"
#include "model/repository/safetensors.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::JobFiles;
using ::advae::testing::StatusIs;
using ::advae::testing::SyntheticRows;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

void Ignore(const v1::JobEvent&) {}

class JobTest : public ::testing::Test {
 protected:
  Repository OpenRepository() const { return *Repository::Open(files_.repository()); }
  std::optional<uint64_t> ServingVersion() const {
    const auto models = OpenRepository().List();
    return models.ok() && !models->empty() ? models->front().serving_version : std::nullopt;
  }

  const JobFiles files_;
};

TEST_F(JobTest, TrainingPublishesAVersionThatServes) {
  v1::Job job = files_.SmallTraining();
  for (const char* const name : {"flow", "pressure", "speed", "power"}) {
    job.mutable_rows()->add_feature_names(name);
  }
  job.mutable_train()->set_seed(42);
  job.mutable_train()->set_alpha(0.05);
  job.set_created_by("plant");
  std::vector<v1::JobEvent> events;
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info,
                       RunJob(job, [&](const v1::JobEvent& event) { events.push_back(event); }));
  EXPECT_EQ(info.model(), "pump");
  EXPECT_EQ(info.version(), 1);
  EXPECT_EQ(info.origin(), v1::ORIGIN_TRAINED);
  EXPECT_GT(info.create_time().seconds(), 0);
  EXPECT_EQ(info.created_by(), "plant");
  EXPECT_EQ(info.threshold_history(0).set_by(), "plant");
  EXPECT_EQ(info.seed(), 42);
  EXPECT_EQ(info.training_rows(), 60);
  EXPECT_EQ(info.features(1).name(), "pressure");
  EXPECT_EQ(info.hyperparameters().epochs(), 5);
  EXPECT_EQ(info.hyperparameters().batch_size(), 60);
  EXPECT_TRUE(info.hyperparameters().has_margin_x());
  EXPECT_GT(info.final_losses().encoder(), 0);
  EXPECT_TRUE(info.has_training_duration());
  EXPECT_EQ(info.threshold_history(0).alpha(), 0.05);
  EXPECT_THAT(ServingVersion(), Optional(1));

  ASSERT_GE(events.size(), 2);
  EXPECT_EQ(events.front().started().model(), "pump");
  EXPECT_EQ(events.front().started().rows(), 60);
  EXPECT_EQ(events.front().started().columns(), 4);
  EXPECT_EQ(events.front().started().hyperparameters().DebugString(),
            info.hyperparameters().DebugString());
  EXPECT_EQ(events.back().progress().epoch(), 5);

  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, OpenRepository().Load("pump", 1));
  EXPECT_EQ(bundle.training_scores.size(), 60);
  EXPECT_EQ(bundle.info.DebugString(), info.DebugString());
}

TEST_F(JobTest, TrainingWithAMemoryPublishesWhatItRemembers) {
  v1::Job job = files_.SmallTraining();
  job.mutable_train()->mutable_hyperparameters()->set_memory_rows(1000);
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, Ignore));
  EXPECT_EQ(info.hyperparameters().memory_rows(), 60);
  ASSERT_THAT(RunJob(job, Ignore), IsOk());
  ASSERT_OK_AND_ASSIGN(const VersionBundle first, OpenRepository().Load("pump", 1));
  ASSERT_OK_AND_ASSIGN(const VersionBundle second, OpenRepository().Load("pump", 2));
  ASSERT_TRUE(first.neighborhood.has_value());
  EXPECT_EQ(first.neighborhood->memory.rows.rows(), 60);
  EXPECT_EQ(first.training_scores, second.training_scores);
}

TEST_F(JobTest, TooFewRowsAfterTheTrimmedShareAreRefusedBeforeTheTraining) {
  v1::Job job = files_.SmallTraining();
  *job.mutable_rows() = files_.Write(SyntheticRows(2, 4));
  job.mutable_train()->set_trimmed_share(0.5);
  std::vector<v1::JobEvent> events;
  EXPECT_THAT(RunJob(job, [&events](const v1::JobEvent& event) { events.push_back(event); }),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("of 2 rows, 1 is left after trimmed_share 0.5")));
  EXPECT_TRUE(events.empty());
}

// Of the 60 rows, 60 * 3 * 0.1 are left out; with the objective that has no memory by default, too.
TEST_F(JobTest, ContaminationLeavesRowsOut) {
  for (const v1::Objective objective : {v1::OBJECTIVE_ADVAE, v1::OBJECTIVE_VAE}) {
    v1::Job job = files_.SmallTraining();
    job.mutable_train()->set_trimmed_share(0.05);
    job.mutable_train()->mutable_hyperparameters()->set_objective(objective);
    ASSERT_OK_AND_ASSIGN(const v1::VersionInfo all, RunJob(job, Ignore));
    job.mutable_train()->mutable_hyperparameters()->set_contamination(0.1);
    ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, Ignore));
    EXPECT_EQ(info.training_rows(), 60);
    EXPECT_EQ(info.left_out_rows(), 18);
    EXPECT_EQ(info.data_fingerprint(), all.data_fingerprint());
    EXPECT_EQ(info.hyperparameters().contamination(), 0.1);
    EXPECT_EQ(info.hyperparameters().batch_size(), 42);
    EXPECT_EQ(info.trimmed_share(), 0.1);  // the larger of both
    EXPECT_EQ(all.left_out_rows(), 0);
    EXPECT_EQ(all.trimmed_share(), 0.05);

    ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, OpenRepository().Load("pump", info.version()));
    EXPECT_EQ(bundle.training_scores.size(), 60);
    EXPECT_EQ(bundle.info.DebugString(), info.DebugString());
    ASSERT_EQ(bundle.neighborhood.has_value(), objective == v1::OBJECTIVE_ADVAE);
    if (bundle.neighborhood) {
      EXPECT_EQ(bundle.neighborhood->memory.rows.rows(), 42);
    }
    const Matrix rows = SyntheticRows(60, 4);
    ASSERT_OK_AND_ASSIGN(const auto usual, FindUsualRows(rows.view(), {.contamination = 0.1}));
    if (bundle.neighborhood) {
      EXPECT_EQ(bundle.neighborhood->memory.training_rows, usual);
    }
  }
}

TEST_F(JobTest, WithoutContaminationAVersionSaysNothingOfIt) {
  ASSERT_THAT(RunJob(files_.SmallTraining(), Ignore), IsOk());
  v1::Job job = files_.SmallTraining();
  job.mutable_train()->mutable_hyperparameters()->set_contamination(0);
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, Ignore));
  EXPECT_FALSE(info.hyperparameters().has_contamination());
  EXPECT_EQ(info.left_out_rows(), 0);
  ASSERT_OK_AND_ASSIGN(const VersionBundle first, OpenRepository().Load("pump", 1));
  ASSERT_OK_AND_ASSIGN(const VersionBundle second, OpenRepository().Load("pump", 2));
  EXPECT_EQ(first.training_scores, second.training_scores);
}

TEST_F(JobTest, SameJobSameVersion) {
  ASSERT_THAT(RunJob(files_.SmallTraining(), Ignore), IsOk());
  ASSERT_THAT(RunJob(files_.SmallTraining(), Ignore), IsOk());
  ASSERT_OK_AND_ASSIGN(const VersionBundle first, OpenRepository().Load("pump", 1));
  ASSERT_OK_AND_ASSIGN(const VersionBundle second, OpenRepository().Load("pump", 2));
  EXPECT_EQ(first.ensemble[0].networks.generator.output.weight,
            second.ensemble[0].networks.generator.output.weight);
  EXPECT_EQ(first.ensemble[0].networks.encoder.log_variance.bias,
            second.ensemble[0].networks.encoder.log_variance.bias);
  EXPECT_EQ(first.plan.points, second.plan.points);
  EXPECT_EQ(first.training_scores, second.training_scores);
}

TEST_F(JobTest, SeedsGiveOtherVersions) {
  v1::Job job = files_.SmallTraining();
  ASSERT_THAT(RunJob(job, Ignore), IsOk());
  job.mutable_train()->set_seed(2);
  ASSERT_THAT(RunJob(job, Ignore), IsOk());
  ASSERT_OK_AND_ASSIGN(const VersionBundle first, OpenRepository().Load("pump", 1));
  ASSERT_OK_AND_ASSIGN(const VersionBundle second, OpenRepository().Load("pump", 2));
  EXPECT_NE(first.ensemble[0].networks.generator.output.weight,
            second.ensemble[0].networks.generator.output.weight);
  EXPECT_NE(first.plan.points, second.plan.points);
}

TEST_F(JobTest, NewVersionsServeUnlessTheSpecKeepsTheOldOne) {
  v1::Job job = files_.SmallTraining();
  job.mutable_train()->set_keep_serving_version(true);
  ASSERT_THAT(RunJob(job, Ignore), IsOk());
  EXPECT_THAT(ServingVersion(), Optional(1));  // the first version always serves
  ASSERT_THAT(RunJob(job, Ignore), IsOk());
  EXPECT_THAT(ServingVersion(), Optional(1));
  job.mutable_train()->set_keep_serving_version(false);
  ASSERT_THAT(RunJob(job, Ignore), IsOk());
  EXPECT_THAT(ServingVersion(), Optional(3));
}

TEST_F(JobTest, BaselineObjectivesMakeVersionsToo) {
  for (const v1::Objective objective : {v1::OBJECTIVE_VAE, v1::OBJECTIVE_AE}) {
    v1::Job job = files_.SmallTraining(objective == v1::OBJECTIVE_VAE ? "vae" : "ae");
    job.mutable_train()->mutable_hyperparameters()->set_objective(objective);
    ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, Ignore));
    EXPECT_EQ(info.hyperparameters().objective(), objective);
    EXPECT_GT(info.final_losses().encoder_reconstruction(), 0);
    EXPECT_EQ(info.final_losses().generator(), 0);
  }
}

TEST_F(JobTest, TakesTwoRowsAndConstantColumns) {
  v1::Job job = files_.SmallTraining();
  *job.mutable_rows() = files_.Write({.values = {1, 7, 2, 7}, .columns = 2});
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job, Ignore));
  EXPECT_EQ(info.features(1).minimum(), 7);
  EXPECT_EQ(info.features(1).maximum(), 7);
}

struct BadCase {
  const char* name;
  std::function<void(v1::Job&, const JobFiles&)> spoil;
  const char* message;
};
void PrintTo(const BadCase& test_case, std::ostream* os) { *os << test_case.name; }

class BadJobTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadJobTest, IsAnErrorAndPublishesNothing) {
  const JobFiles files;
  v1::Job job = files.SmallTraining();
  GetParam().spoil(job, files);
  EXPECT_THAT(RunJob(job, Ignore),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(files.repository()));
  ASSERT_OK_AND_ASSIGN(const auto models, repository.List());
  EXPECT_THAT(models, IsEmpty());
}

Matrix RowsWith(float value) {
  Matrix rows = SyntheticRows(10, 4);
  rows.values[2 * 4 + 3] = value;
  return rows;
}

INSTANTIATE_TEST_SUITE_P(
    Jobs, BadJobTest,
    ::testing::Values(
        BadCase{"NoWork", [](v1::Job& job, const JobFiles&) { job.clear_work(); },
                "the job has neither a training nor an import"},
        BadCase{"ModelName",
                [](v1::Job& job, const JobFiles&) { job.mutable_train()->set_model("../x"); },
                "../x"},
        BadCase{"Alpha", [](v1::Job& job, const JobFiles&) { job.mutable_train()->set_alpha(1); },
                "alpha"},
        BadCase{"Samples",
                [](v1::Job& job, const JobFiles&) {
                  job.mutable_train()->mutable_latent_plan()->set_samples(0);
                },
                "samples"},
        BadCase{"LatentSize",
                [](v1::Job& job, const JobFiles&) {
                  job.mutable_train()->mutable_hyperparameters()->set_latent_size(0);
                },
                "hyper-parameter latent_size is 0, expected 1 to 4096"},
        BadCase{"FeatureNames",
                [](v1::Job& job, const JobFiles&) { job.mutable_rows()->add_feature_names("a"); },
                "expected one feature name for each of the 4 columns, got 1"},
        BadCase{"OneRow",
                [](v1::Job& job, const JobFiles& files) {
                  *job.mutable_rows() = files.Write(SyntheticRows(1, 4));
                },
                "expected at least 2 training rows, got 1"},
        BadCase{"NaN",
                [](v1::Job& job, const JobFiles& files) {
                  *job.mutable_rows() = files.Write(RowsWith(NAN));
                },
                "row 2, column 3"},
        BadCase{"Infinity",
                [](v1::Job& job, const JobFiles& files) {
                  *job.mutable_rows() = files.Write(RowsWith(INFINITY));
                },
                "row 2, column 3"},
        BadCase{"Divergence",
                [](v1::Job& job, const JobFiles&) {
                  v1::Hyperparameters& parameters = *job.mutable_train()->mutable_hyperparameters();
                  parameters.set_gamma(3e38);
                  parameters.set_generator_weight(3e38);  // their product overflows
                },
                "training diverged in epoch 1"}),
    [](const auto& info) { return info.param.name; });

TEST_F(JobTest, MissingRowFileIsNotFound) {
  v1::Job job = files_.SmallTraining();
  std::filesystem::remove(job.rows().path());
  EXPECT_THAT(RunJob(job, Ignore), StatusIs(absl::StatusCode::kNotFound, HasSubstr("rows")));
}

TEST_F(JobTest, RepositoryThatCannotBeMadeIsUnavailable) {
  v1::Job job = files_.SmallTraining();
  job.set_repository(job.rows().path() + "/below-a-file");
  EXPECT_FALSE(RunJob(job, Ignore).ok());
}

// Weight files of a small trained version, for import.
class ImportJobTest : public JobTest {
 protected:
  void SetUp() override {
    v1::Job job = files_.SmallTraining("original");
    ASSERT_THAT(RunJob(job, Ignore), IsOk());
    ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, OpenRepository().Load("original", 1));
    original_ = bundle.ensemble[0].networks;
    const EncoderWeights& e = original_.encoder;
    const GeneratorWeights& g = original_.generator;
    Write("encoder", {{"fc1", &e.hidden1},
                      {"fc2", &e.hidden2},
                      {"fcmu", &e.mean},
                      {"fclogvar", &e.log_variance}});
    Write("generator", {{"fc3", &g.hidden1}, {"fc4", &g.hidden2}, {"fcxmu", &g.output}});

    job_.set_repository(job.repository());
    job_.set_threads(1);
    *job_.mutable_rows() = job.rows();
    job_.mutable_import()->mutable_spec()->set_model("imported");
    job_.mutable_import()->set_encoder_path(files_.folder() / "encoder");
    job_.mutable_import()->set_generator_path(files_.folder() / "generator");
  }

  void Write(const std::string& name,
             const std::vector<std::pair<std::string, const DenseLayer*>>& layers) {
    TensorMap tensors;
    for (const auto& [prefix, layer] : layers) {
      tensors[prefix + ".weight"] = {.dtype = DType::kF32,
                                     .shape = {layer->outputs, layer->inputs},
                                     .values = {layer->weight.begin(), layer->weight.end()}};
      tensors[prefix + ".bias"] = {.dtype = DType::kF32,
                                   .shape = {layer->outputs},
                                   .values = {layer->bias.begin(), layer->bias.end()}};
    }
    std::ofstream(files_.folder() / name, std::ios::binary) << SerializeSafetensors(tensors);
  }

  NetworkWeights original_;
  v1::Job job_;
};

TEST_F(ImportJobTest, PublishesTheWeights) {
  job_.set_created_by("plant");
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo info, RunJob(job_, Ignore));
  EXPECT_EQ(info.model(), "imported");
  EXPECT_EQ(info.origin(), v1::ORIGIN_IMPORTED);
  EXPECT_EQ(info.created_by(), "plant");
  EXPECT_EQ(info.seed(), 1);
  EXPECT_EQ(info.hyperparameters().latent_size(), 2);
  EXPECT_EQ(info.hyperparameters().hidden_size(), 8);
  EXPECT_FALSE(info.hyperparameters().has_lambda());
  EXPECT_FALSE(info.has_final_losses());
  EXPECT_FALSE(info.has_training_duration());
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, OpenRepository().Load("imported", 1));
  EXPECT_EQ(bundle.ensemble[0].networks.encoder.hidden2.weight, original_.encoder.hidden2.weight);
  EXPECT_EQ(bundle.ensemble[0].networks.generator.output.bias, original_.generator.output.bias);
}

TEST_F(ImportJobTest, FilesAreNamedInErrors) {
  std::ofstream(files_.folder() / "generator", std::ios::binary) << "no weights at all";
  EXPECT_THAT(RunJob(job_, Ignore),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("generator file: ")));
  job_.mutable_import()->set_encoder_path("/does/not/exist");
  EXPECT_THAT(RunJob(job_, Ignore),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("encoder file: "), HasSubstr("/does/not/exist"))));
}

TEST_F(ImportJobTest, RowsMustFitTheNetworks) {
  *job_.mutable_rows() = files_.Write(SyntheticRows(10, 5));
  EXPECT_THAT(RunJob(job_, Ignore),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("5 columns")));
}

}  // namespace
}  // namespace advae
