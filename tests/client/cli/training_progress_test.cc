#include "client/cli/training_progress.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::TrainResponse Progress(uint32_t epoch, uint32_t epochs) {
  v1::TrainResponse event;
  v1::TrainProgress& progress = *event.mutable_progress();
  progress.set_epoch(epoch);
  progress.set_epochs(epochs);
  progress.mutable_losses()->set_generator(1.25);
  progress.mutable_losses()->set_transformer(0.5);
  progress.mutable_losses()->set_encoder(2);
  progress.set_rows_per_second(12345.6);
  progress.mutable_time_left()->set_seconds(65);
  return event;
}

TEST(TrainingProgress, TellsWhatIsTrained) {
  std::ostringstream out;
  v1::TrainResponse event;
  event.mutable_accepted()->set_model("pump");
  event.mutable_accepted()->set_rows(1200);
  event.mutable_accepted()->set_columns(32);
  event.mutable_accepted()->mutable_hyperparameters()->set_epochs(300);
  TrainingProgress(out, nullptr).Show(event);
  EXPECT_THAT(out.str(), StartsWith("training pump\n1200 rows of 32 features"));
  EXPECT_THAT(out.str(), HasSubstr("300 epochs"));
}

TEST(TrainingProgress, LogsALineForEachTenth) {
  std::ostringstream out;
  TrainingProgress progress(out, nullptr);
  for (uint32_t epoch = 1; epoch <= 1000; ++epoch) progress.Show(Progress(epoch, 1000));
  progress.Finish();
  const std::string log = out.str();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 10);
  EXPECT_THAT(log,
              StartsWith("epoch 100/1000  1:05 left  L_G 1.25  L_T 0.5  L_E 2  12346 rows/s\n"));
  EXPECT_THAT(log, HasSubstr("epoch 1000/1000"));
}

TEST(TrainingProgress, DrawsABarOnATerminal) {
  std::ostringstream out;
  TrainingProgress progress(out, [] { return size_t{100}; });
  progress.Show(Progress(1, 3));
  progress.Show(Progress(3, 3));
  progress.Finish();
  EXPECT_THAT(out.str(), StartsWith("\r[##########....................] epoch 1/3"));
  EXPECT_THAT(out.str(), HasSubstr("\r[##############################] epoch 3/3"));
  EXPECT_THAT(out.str(), EndsWith("\x1b[K\n"));
}

TEST(TrainingProgress, FinishLeavesNothingWhenNoBarWasDrawn) {
  std::ostringstream out;
  TrainingProgress(out, [] { return size_t{80}; }).Finish();
  EXPECT_EQ(out.str(), "");
}

// Numbers as long as they can be.
v1::TrainResponse LongProgress() {
  v1::TrainResponse event = Progress(63'999'999, 64'000'000);
  v1::TrainProgress& progress = *event.mutable_progress();
  progress.mutable_losses()->set_generator(-1.23456e+105);
  progress.mutable_losses()->set_transformer(1.23456e-105);
  progress.mutable_losses()->set_encoder(1.23456e+105);
  progress.set_rows_per_second(1234567890);
  progress.mutable_time_left()->set_seconds(98765 * 60);
  return event;
}

TEST(TrainingProgress, NoLineIsWiderThanTheTerminal) {
  for (const size_t columns : {0, 1, 2, 10, 20, 40, 59, 60, 61, 79, 80, 81, 200}) {
    for (const v1::TrainResponse& event : {Progress(1, 3), LongProgress()}) {
      std::ostringstream out;
      TrainingProgress(out, [columns] { return columns; }).Show(event);
      const std::string line = out.str();
      ASSERT_THAT(line, StartsWith("\r"));
      ASSERT_THAT(line, EndsWith("\x1b[K"));
      EXPECT_LT(line.size() - 4, std::max<size_t>(columns, 2)) << line;
    }
  }
}

TEST(TrainingProgress, NoLineOfALogIsWiderThan80Characters) {
  std::ostringstream out;
  TrainingProgress progress(out, nullptr);
  v1::TrainResponse accepted;
  accepted.mutable_accepted()->set_model(std::string(64, 'm'));
  accepted.mutable_accepted()->set_rows(1'234'567'890);
  accepted.mutable_accepted()->set_columns(1'000'000);
  v1::Hyperparameters& parameters = *accepted.mutable_accepted()->mutable_hyperparameters();
  parameters.set_latent_size(4096);
  parameters.set_hidden_size(8192);
  parameters.set_epochs(1'000'000);
  parameters.set_batch_size(1'000'000);
  progress.Show(accepted);
  progress.Show(LongProgress());
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80) << line;
  EXPECT_THAT(out.str(), ::testing::Not(HasSubstr("\r")));
}

TEST(TrainingProgress, SurvivesOddNumbers) {
  std::ostringstream out;
  TrainingProgress progress(out, [] { return size_t{100}; });
  progress.Show(Progress(0, 0));
  progress.Show(Progress(5, 3));
  EXPECT_THAT(out.str(), HasSubstr("[##############################] epoch 5/3"));
}

}  // namespace
}  // namespace advae
