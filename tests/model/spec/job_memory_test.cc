#include "model/spec/job_memory.h"

#include <gtest/gtest.h>

#include <functional>

namespace advae {
namespace {

// What is estimated is compared with what a training takes in tests/model/training.

v1::TrainSpec With(const std::function<void(v1::Hyperparameters&)>& change) {
  v1::TrainSpec spec;
  spec.set_model("pump");
  change(*spec.mutable_hyperparameters());
  return spec;
}

uint64_t Memory(const v1::TrainSpec& spec, uint64_t rows, uint32_t features) {
  return EstimateTrainingMemory(TrainingShape::Of(spec, rows, features, 1));
}

TEST(TrainingShape, FillsInTheDefaults) {
  const TrainingShape shape = TrainingShape::Of({}, 1000, 30, 2);
  EXPECT_EQ(shape.rows, 1000);
  EXPECT_EQ(shape.batch_size, 128);
  EXPECT_TRUE(shape.has_transformer);
  EXPECT_TRUE(shape.tries_whitening);
  EXPECT_EQ(shape.threads, 2);
  EXPECT_EQ(shape.version.features, 30);
  EXPECT_EQ(shape.version.hidden_size, 32);
  EXPECT_EQ(shape.version.latent_size, 10);
  EXPECT_EQ(shape.version.members, 3);
  EXPECT_EQ(shape.version.samples, 8);
  EXPECT_EQ(shape.version.memory_rows, 1000);
  EXPECT_EQ(shape.version.training_rows, 1000);
  EXPECT_TRUE(shape.version.whitened);
}

TEST(TrainingShape, KnowsTheObjectiveAndTheMetric) {
  const TrainingShape baseline = TrainingShape::Of(
      With([](v1::Hyperparameters& p) { p.set_objective(v1::OBJECTIVE_VAE); }), 10, 3, 1);
  EXPECT_FALSE(baseline.has_transformer);
  EXPECT_EQ(baseline.version.members, 1);
  EXPECT_FALSE(baseline.tries_whitening);
  // Too wide for AUTOMATIC.
  EXPECT_FALSE(TrainingShape::Of({}, 10, 513, 1).tries_whitening);
  EXPECT_TRUE(TrainingShape::Of(With([](v1::Hyperparameters& p) {
                                  p.set_error_metric(v1::ERROR_METRIC_WHITENED);
                                }),
                                10, 513, 1)
                  .tries_whitening);
}

TEST(TrainingShape, KnowsWhetherRowsAreLeftOut) {
  EXPECT_FALSE(TrainingShape::Of({}, 10, 3, 1).leaves_out_rows);
  EXPECT_TRUE(
      TrainingShape::Of(With([](v1::Hyperparameters& p) { p.set_contamination(0.1); }), 10, 3, 1)
          .leaves_out_rows);
}

TEST(EstimateTrainingMemory, CountsMembersThatTrainSideBySide) {
  // What flows through the networks for a batch outweighs all else.
  const v1::TrainSpec spec = With([](v1::Hyperparameters& p) {
    p.set_hidden_size(1000);
    p.set_batch_size(1000);
  });
  const auto memory = [&spec](uint64_t threads) {
    return EstimateTrainingMemory(TrainingShape::Of(spec, 1000, 30, threads));
  };
  EXPECT_GT(memory(2), memory(1) + memory(1) / 2);
  EXPECT_GT(memory(3), memory(2) + memory(1) / 2);
  EXPECT_LT(memory(9), memory(3) + memory(1) / 2);  // there are three
}

TEST(EstimateTrainingMemory, KnowsTheTrainingsOfNothingThatTakeGigabytes) {
  const auto wide = With([](v1::Hyperparameters& p) {
    p.set_hidden_size(8192);
    p.set_ensemble_size(6);
  });
  EXPECT_GT(Memory(wide, 2, 1), uint64_t{7} << 30);
  const auto deep = With([](v1::Hyperparameters& p) {
    p.set_latent_size(4096);
    p.set_ensemble_size(1);
  });
  EXPECT_GT(Memory(deep, 2, 1), uint64_t{3} << 30);
  EXPECT_LT(Memory({}, 1000, 30), uint64_t{40} << 20);
}

TEST(EstimateTrainingMemory, NeverFallsAsRowsAndFeaturesCome) {
  const auto batch = With([](v1::Hyperparameters& p) { p.set_batch_size(1'000'000); });
  for (const v1::TrainSpec& spec : {v1::TrainSpec(), batch}) {
    uint64_t before = 0;
    for (uint64_t rows = 2; rows < 1'000'000'000; rows *= 3) {
      const uint64_t memory = Memory(spec, rows, 10);
      EXPECT_GE(memory, before) << rows << " rows";
      before = memory;
    }
    before = 0;
    for (uint32_t features = 1; features < 512; features *= 2) {
      const uint64_t memory = Memory(spec, 1000, features);
      EXPECT_GE(memory, before) << features << " features";
      before = memory;
    }
  }
}

TEST(EstimateImportMemory, GrowsWithFilesAndRows) {
  EXPECT_GT(EstimateImportMemory({.file_bytes = 1 << 30, .rows = 2, .features = 1}),
            uint64_t{4} << 30);
  ImportShape shape = {.rows = 1 << 20, .features = 1 << 10};
  const uint64_t networks = EstimateImportMemory(shape);
  EXPECT_GT(networks, uint64_t{4} << 30);
  shape.memory_rows = 1 << 20;
  EXPECT_GT(EstimateImportMemory(shape), networks + (uint64_t{16} << 30));
  EXPECT_LT(EstimateImportMemory({.file_bytes = 1 << 20, .rows = 1000, .features = 10}), 20 << 20);
}

}  // namespace
}  // namespace advae
