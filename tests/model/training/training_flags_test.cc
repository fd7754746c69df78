#include "proto/training_flags.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace advae {
namespace {

// The spec that `arguments` give, in protobuf text format.
std::string ParseTraining(const std::string& arguments) {
  CLI::App app;
  v1::TrainSpec spec;
  AddTrainingFlags(app, &spec);
  app.parse(arguments);
  return spec.ShortDebugString();
}

std::string Normalised(const std::string& text) {
  v1::TrainSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &spec)) << text;
  return spec.ShortDebugString();
}

TEST(TrainingFlagsTest, UnsetFlagsLeaveTheirFieldsUnset) {
  EXPECT_EQ(ParseTraining(""), Normalised("hyperparameters {} latent_plan {}"));
}

TEST(TrainingFlagsTest, EveryFlagSetsItsField) {
  EXPECT_EQ(
      ParseTraining("--objective=vae --latent-size=1 --hidden-size=2 --lambda=0.3 --gamma=0.4 "
                    "--margin-x=0.5 --margin-z=0.6 --generator-weight=0.7 --learning-rate=0.8 "
                    "--batch-size=9 --epochs=10 --sampler=monte-carlo --samples=11 --plan-seed=12 "
                    "--memory-rows=13 --contamination=0.25 --seed=18446744073709551615 --alpha=0.2 "
                    "--keep-serving-version"),
      Normalised(
          "hyperparameters { objective: OBJECTIVE_VAE latent_size: 1 hidden_size: 2 "
          "lambda: 0.3 gamma: 0.4 margin_x: 0.5 margin_z: 0.6 generator_weight: 0.7 "
          "learning_rate: 0.8 batch_size: 9 epochs: 10 memory_rows: 13 contamination: 0.25 } "
          "latent_plan { sampler: SAMPLER_MONTE_CARLO samples: 11 seed: 12 } "
          "seed: 18446744073709551615 alpha: 0.2 keep_serving_version: true"));
}

TEST(TrainingFlagsTest, ValuesOfTheWrongFormAreUsageErrors) {
  for (const char* const arguments :
       {"--latent-size=-1", "--latent-size=1.5", "--hidden-size=4294967296", "--lambda=much",
        "--objective=gan", "--sampler=halton", "--seed=-1", "--epochs"}) {
    EXPECT_THROW(ParseTraining(arguments), CLI::ParseError) << arguments;
  }
}

TEST(ImportFlagsTest, SetTheFieldsOfAnImport) {
  CLI::App app;
  v1::ImportSpec spec;
  AddImportFlags(app, &spec);
  app.parse("--samples=5 --sampler=sobol --seed=3 --alpha=0.01 --keep-serving-version");
  v1::ImportSpec expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "latent_plan { sampler: SAMPLER_SOBOL samples: 5 } seed: 3 alpha: 0.01 "
      "keep_serving_version: true",
      &expected));
  EXPECT_EQ(spec.ShortDebugString(), expected.ShortDebugString());
}

TEST(ImportFlagsTest, KnowNoHyperparameters) {
  CLI::App app;
  v1::ImportSpec spec;
  AddImportFlags(app, &spec);
  EXPECT_THROW(app.parse("--epochs=5"), CLI::ParseError);
}

}  // namespace
}  // namespace advae
