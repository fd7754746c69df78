#include "model/training/progress_meter.h"

#include <gtest/gtest.h>

namespace advae {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);

v1::LossTerms Losses(double encoder, double transformer) {
  v1::LossTerms losses;
  losses.set_encoder(encoder);
  losses.set_transformer(transformer);
  return losses;
}

TEST(ProgressMeterTest, AveragesOverTheRowsOfTheLastCompletedEpoch) {
  ProgressMeter meter(2, 100, kStart);
  meter.AddBatch(Losses(7, 7), 100);
  meter.EndEpoch();
  meter.AddBatch(Losses(1, 10), 80);
  meter.AddBatch(Losses(6, 0), 20);
  meter.EndEpoch();
  const v1::TrainProgress progress = meter.Report(kStart + absl::Seconds(4));
  EXPECT_EQ(progress.epoch(), 2);
  EXPECT_EQ(progress.epochs(), 2);
  EXPECT_DOUBLE_EQ(progress.losses().encoder(), 2);
  EXPECT_DOUBLE_EQ(progress.losses().transformer(), 8);
  EXPECT_DOUBLE_EQ(progress.losses().generator(), 0);
  EXPECT_DOUBLE_EQ(progress.rows_per_second(), 50);
  EXPECT_EQ(progress.time_left().seconds(), 0);
}

TEST(ProgressMeterTest, EstimatesTheTimeLeft) {
  ProgressMeter meter(4, 100, kStart);
  meter.AddBatch(Losses(1, 1), 100);
  meter.EndEpoch();
  meter.AddBatch(Losses(9, 9), 50);
  const v1::TrainProgress progress = meter.Report(kStart + absl::Seconds(3));
  EXPECT_EQ(progress.epoch(), 1);
  EXPECT_DOUBLE_EQ(progress.losses().encoder(), 1);  // of the completed epoch
  EXPECT_DOUBLE_EQ(progress.rows_per_second(), 50);
  EXPECT_EQ(progress.time_left().seconds(), 5);  // 250 rows at 50 rows/s
}

TEST(ProgressMeterTest, ReportsTheFirstEpochSoFar) {
  ProgressMeter meter(1, 1000, kStart);
  meter.AddBatch(Losses(2, 0), 100);
  meter.AddBatch(Losses(4, 0), 100);
  const v1::TrainProgress progress = meter.Report(kStart + absl::Seconds(1));
  EXPECT_EQ(progress.epoch(), 0);
  EXPECT_DOUBLE_EQ(progress.losses().encoder(), 3);
  EXPECT_EQ(progress.time_left().seconds(), 4);
}

TEST(ProgressMeterTest, KnowsNothingBeforeTheFirstBatch) {
  ProgressMeter meter(1, 1000, kStart);
  const v1::TrainProgress progress = meter.Report(kStart);
  EXPECT_EQ(progress.rows_per_second(), 0);
  EXPECT_FALSE(progress.has_time_left());
  EXPECT_EQ(progress.losses().encoder(), 0);
}

TEST(ProgressMeterTest, IsDueASecondAfterTheLastReport) {
  ProgressMeter meter(1, 1000, kStart);
  EXPECT_FALSE(meter.IsDue(kStart + absl::Milliseconds(999)));
  EXPECT_TRUE(meter.IsDue(kStart + absl::Seconds(1)));
  meter.Report(kStart + absl::Milliseconds(1500));
  EXPECT_FALSE(meter.IsDue(kStart + absl::Milliseconds(2499)));
  EXPECT_TRUE(meter.IsDue(kStart + absl::Milliseconds(2500)));
}

TEST(ProgressMeterTest, IsDueAfterEachTwentiethOfTheEpochs) {
  ProgressMeter meter(40, 100, kStart);
  meter.EndEpoch();
  EXPECT_FALSE(meter.IsDue(kStart));
  meter.EndEpoch();
  EXPECT_TRUE(meter.IsDue(kStart));
  meter.Report(kStart);
  EXPECT_FALSE(meter.IsDue(kStart));
}

TEST(ProgressMeterTest, IsDueAfterEachOfFewEpochs) {
  ProgressMeter meter(3, 100, kStart);
  for (int epoch = 0; epoch < 3; ++epoch) {
    meter.EndEpoch();
    EXPECT_TRUE(meter.IsDue(kStart));
    meter.Report(kStart);
  }
}

}  // namespace
}  // namespace advae
