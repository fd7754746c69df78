#include "model/training/ensemble_progress.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

// Of a member with 4 epochs.
v1::TrainProgress Report(uint32_t epoch, int64_t seconds_left, double encoder_loss) {
  v1::TrainProgress progress;
  progress.set_epoch(epoch);
  progress.set_epochs(4);
  progress.set_rows_per_second(100);
  progress.mutable_losses()->set_encoder(encoder_loss);
  *progress.mutable_time_left() = TimeUtil::SecondsToDuration(seconds_left);
  return progress;
}

int64_t SecondsLeft(const v1::TrainProgress& progress) {
  return TimeUtil::DurationToSeconds(progress.time_left());
}

TEST(EnsembleProgressTest, OneAfterTheOther) {
  EnsembleProgress ensemble(/*members=*/3, /*threads=*/1);
  const v1::TrainProgress first = ensemble.Add(0, Report(1, 6, 0.5), absl::Seconds(2));
  EXPECT_EQ(first.epoch(), 1);
  EXPECT_EQ(first.epochs(), 12);
  EXPECT_EQ(first.losses().encoder(), 0.5);
  EXPECT_EQ(first.rows_per_second(), 100);
  EXPECT_EQ(SecondsLeft(first), 6 + 2 * 8);

  const v1::TrainProgress end = ensemble.Add(0, Report(4, 0, 0.25), absl::Seconds(9));
  EXPECT_EQ(end.epoch(), 4);
  EXPECT_EQ(end.losses().encoder(), 0.25);
  EXPECT_EQ(SecondsLeft(end), 2 * 9);

  // The first member is done and counts with its epochs alone.
  const v1::TrainProgress second = ensemble.Add(1, Report(2, 4, 2), absl::Seconds(4));
  EXPECT_EQ(second.epoch(), 4 + 2);
  EXPECT_EQ(second.losses().encoder(), 2);
  EXPECT_EQ(second.rows_per_second(), 100);
  EXPECT_EQ(SecondsLeft(second), 4 + 8);

  ensemble.Add(1, Report(4, 0, 2), absl::Seconds(8));
  const v1::TrainProgress last = ensemble.Add(2, Report(4, 0, 3), absl::Seconds(8));
  EXPECT_EQ(last.epoch(), 12);
  EXPECT_EQ(last.losses().encoder(), 3);
  EXPECT_EQ(SecondsLeft(last), 0);
}

TEST(EnsembleProgressTest, SideBySide) {
  EnsembleProgress ensemble(/*members=*/3, /*threads=*/2);
  ensemble.Add(0, Report(1, 6, 1), absl::Seconds(2));
  const v1::TrainProgress both = ensemble.Add(1, Report(2, 3, 2), absl::Seconds(3));
  EXPECT_EQ(both.epoch(), 3);
  EXPECT_EQ(both.losses().encoder(), 1.5);
  EXPECT_EQ(both.rows_per_second(), 200);
  EXPECT_EQ(SecondsLeft(both), (6 + 3 + 6) / 2);
}

TEST(EnsembleProgressTest, LastsAtLeastAsLongAsTheSlowestMember) {
  EnsembleProgress ensemble(/*members=*/2, /*threads=*/2);
  ensemble.Add(0, Report(1, 60, 1), absl::Seconds(2));
  EXPECT_EQ(SecondsLeft(ensemble.Add(1, Report(3, 2, 2), absl::Seconds(6))), 60);
}

}  // namespace
}  // namespace advae
