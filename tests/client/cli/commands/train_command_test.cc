#include <nlohmann/json.hpp>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/cli/cli_fixture.h"

namespace advae {
namespace {

using ::advae::testing::CliTest;
using ::advae::testing::Keys;
using ::advae::testing::kRows;
using ::advae::testing::Result;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST_F(CliTest, Train) {
  const Result result = RunJson(
      "train pump --seed=7 --alpha=0.2 --epochs=3 --label-column=label --data=" + File(kRows));
  EXPECT_THAT(Keys(result.json()),
              ElementsAre("model", "version", "threshold", "alpha", "bandwidth", "origin",
                          "create_time", "training_rows", "features", "seed", "data_fingerprint",
                          "training_seconds", "latent_plan", "hyperparameters", "final_losses"));
  EXPECT_EQ(result.json()["model"], "pump");
  EXPECT_EQ(result.json()["version"], 3);
  EXPECT_EQ(result.json()["threshold"], 10.0);
  EXPECT_EQ(result.json()["alpha"], 0.1);
  EXPECT_EQ(result.json()["seed"], "18446744073709551615");
  EXPECT_EQ(result.json()["latent_plan"]["seed"], "18446744073709551614");
  EXPECT_EQ(result.json()["training_seconds"], 2.5);
  EXPECT_EQ(result.json()["create_time"], "2023-11-14T22:13:20Z");
  EXPECT_EQ(result.json()["latent_plan"]["sampler"], "monte-carlo");
  EXPECT_EQ(result.json()["hyperparameters"],
            nlohmann::ordered_json({{"objective", "advae"}, {"latent_size", 1}, {"lambda", 0.1}}));
  EXPECT_EQ(result.json()["final_losses"]["encoder"], 0.25);
  EXPECT_EQ(result.json()["final_losses"]["generator"], 0.0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("training pump\n4 rows of "), HasSubstr("epoch 2/2")));

  const testing::Upload upload = server_.detector.upload();
  EXPECT_EQ(upload.train_spec.model(), "pump");
  EXPECT_EQ(upload.train_spec.seed(), 7u);
  EXPECT_EQ(upload.train_spec.alpha(), 0.2);
  EXPECT_EQ(upload.train_spec.hyperparameters().epochs(), 3u);
  EXPECT_FALSE(upload.train_spec.hyperparameters().has_latent_size());
  EXPECT_THAT(upload.feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(upload.values, ElementsAre(1, 2, 30, 4, 5, 6, 0.5, 0.25));
}

TEST_F(CliTest, TrainFromStandardInput) {
  RunJson("train pump --data=-", "flow,heat\n1,2\n");
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2));
}

TEST_F(CliTest, TrainTellsWhatIsWrongWithTheFile) {
  std::string text = "flow,heat\n";
  for (int i = 0; i < 10; ++i) text += "1,2\n";
  const std::string path = File(text + "3,hot\n");
  const Result bad_cell = Run("train pump --data=" + path);
  EXPECT_EQ(bad_cell.exit_code, kExitFailure);
  EXPECT_THAT(bad_cell.err,
              HasSubstr(path + ": line 12, column 2 (\"heat\"): \"hot\" is not a number, as "
                               "others of the column; take it for categories with "
                               "--column=\"heat\":category, or leave it out with "
                               "--ignore=\"heat\"; if it marks a missing value, say "
                               "--missing=\"hot\""));
  EXPECT_THAT(bad_cell.out, IsEmpty());

  const Result no_label = Run("train pump --label-column=label --data=" + path);
  EXPECT_EQ(no_label.exit_code, kExitFailure);
  EXPECT_THAT(no_label.err, HasSubstr("no label column \"label\"; the columns are \"flow\", "));

  const Result no_file = Run("train pump --data=/nonexistent.csv");
  EXPECT_EQ(no_file.exit_code, kExitFailure);
  EXPECT_EQ(no_file.err, "advae: cannot open /nonexistent.csv: No such file or directory\n");

  const std::string empty = File("");
  EXPECT_EQ(Run("train pump --data=" + empty).err,
            "advae: " + empty + ": empty; expected a header line\n");
  const std::string no_rows = File("flow,heat\n");
  EXPECT_EQ(Run("train pump --data=" + no_rows).err,
            "advae: " + no_rows + ": no row follows the header\n");
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
}

TEST_F(CliTest, TrainRefusesALabelAmongTheFeatures) {
  const std::string path = File(kRows);
  const Result refused = Run("train pump --data=" + path);
  EXPECT_EQ(refused.exit_code, kExitFailure);
  EXPECT_EQ(refused.err,
            "advae: " + path +
                ": column \"label\" looks like a label: its only values are 0 and 1. Leave it "
                "out with --label-column=\"label\", or train on it with --no-label\n");
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
  EXPECT_EQ(Run("train pump --no-label --data=" + path).exit_code, kExitSuccess);
  EXPECT_THAT(server_.detector.upload().feature_names, ElementsAre("flow", "heat", "label"));
  EXPECT_EQ(Run("train pump --no-label --label-column=label --data=" + path).exit_code, kExitUsage);
}

TEST_F(CliTest, TrainLeavesALabelOutWhateverItsCells) {
  const std::string path = File("flow,heat,state\n1,2,Normal\n3,4,\n5,6,A tt ack\n");
  EXPECT_EQ(Run("train pump --label-column=state --data=" + path).exit_code, kExitSuccess);
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(CliTest, TrainLeavesKeysAndIgnoredColumnsOut) {
  const std::string path = File(",time,note 1,flow,note 2,heat\n0,12:00,a,1,b,2\n1,13:00,,3,,4\n");
  EXPECT_EQ(Run("train pump --data=" + path).exit_code, kExitSuccess);
  EXPECT_EQ(server_.detector.upload().tables.at(0).columns_size(), 5);
  const Result result = Run("train pump --key=time --ignore=note* --data=" + path);
  EXPECT_EQ(result.exit_code, kExitSuccess) << result.err;
  EXPECT_THAT(result.err, HasSubstr(path + ": column 1 has no name and is left out\n"));
  EXPECT_THAT(server_.detector.upload().feature_names, ElementsAre("flow", "heat"));
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2, 3, 4));
}

TEST_F(CliTest, TrainNeverTakesPartOfABrokenFile) {
  const Result result = Run("train pump --data=" + File("flow,heat\n1,2\n3,4\n5\n"));
  EXPECT_EQ(result.exit_code, kExitFailure);
  EXPECT_THAT(server_.detector.upload().values, IsEmpty());
}

TEST_F(CliTest, TrainPassesOverBadLinesOnRequest) {
  const Result result =
      Run("train pump --skip-bad-lines=2 --data=" + File("flow,heat\n1,2\ninf,4\n5\n6,7\n"));
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.err, HasSubstr("2 lines were passed over; the first is line 3, column 1 "));
  EXPECT_THAT(server_.detector.upload().values, ElementsAre(1, 2, 6, 7));
}

TEST_F(CliTest, TrainWarnsOfAFeatureWithALabelsName) {
  const Result result = Run("train pump --data=" + File("target,heat\n1,2\n2,2\n3,2\n"));
  EXPECT_EQ(result.exit_code, kExitSuccess);
  EXPECT_THAT(result.err, StartsWith("advae: warning: column \"target\" is used as a feature, but "
                                     "has the name of a label\n"));
}

TEST_F(CliTest, CancelledTrainingFails) {
  server_.detector.after_accepted = [&] {
    cancellation_.Cancel();
    release_.WaitForNotification();
    return grpc::Status::OK;
  };
  const Result result = Run("train pump --label-column=label --data=" + File(kRows));
  release_.Notify();
  EXPECT_EQ(result.exit_code, kExitInterrupted);
  EXPECT_THAT(result.err, EndsWith("advae: interrupted\n"));
  EXPECT_THAT(result.out, IsEmpty());
}

}  // namespace
}  // namespace advae
