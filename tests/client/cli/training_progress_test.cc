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
  TrainingProgress(out, false).Show(event);
  EXPECT_THAT(out.str(), StartsWith("training pump: 1200 rows, 32 features"));
  EXPECT_THAT(out.str(), HasSubstr("300 epochs"));
}

TEST(TrainingProgress, LogsALineForEachTenth) {
  std::ostringstream out;
  TrainingProgress progress(out, false);
  for (uint32_t epoch = 1; epoch <= 1000; ++epoch) progress.Show(Progress(epoch, 1000));
  progress.Finish();
  const std::string log = out.str();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 10);
  EXPECT_THAT(log,
              StartsWith("epoch 100/1000  L_G 1.25  L_T 0.5  L_E 2  12346 rows/s  1:05 left\n"));
  EXPECT_THAT(log, HasSubstr("epoch 1000/1000"));
}

TEST(TrainingProgress, DrawsABarOnATerminal) {
  std::ostringstream out;
  TrainingProgress progress(out, true);
  progress.Show(Progress(1, 3));
  progress.Show(Progress(3, 3));
  progress.Finish();
  EXPECT_THAT(out.str(), StartsWith("\r[##########....................] epoch 1/3"));
  EXPECT_THAT(out.str(), HasSubstr("\r[##############################] epoch 3/3"));
  EXPECT_THAT(out.str(), EndsWith("\x1b[K\n"));
}

TEST(TrainingProgress, FinishLeavesNothingWhenNoBarWasDrawn) {
  std::ostringstream out;
  TrainingProgress(out, true).Finish();
  EXPECT_EQ(out.str(), "");
}

TEST(TrainingProgress, SurvivesOddNumbers) {
  std::ostringstream out;
  TrainingProgress progress(out, true);
  progress.Show(Progress(0, 0));
  progress.Show(Progress(5, 3));
  EXPECT_THAT(out.str(), HasSubstr("[##############################] epoch 5/3"));
}

}  // namespace
}  // namespace advae
