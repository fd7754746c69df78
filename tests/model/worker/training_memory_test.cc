// Compares what model/spec/job_memory.h estimates with what trainings take.

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "model/spec/job_memory.h"
#include "model/worker/job.h"
#include "tests/model/worker/job_files.h"
#include "tests/testing/memory_use.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using testing::IsOk;

constexpr uint64_t kMegabyte = 1 << 20;

struct TrainingCase {
  const char* name;
  size_t rows;
  size_t features;
  const char* spec;
};
void PrintTo(const TrainingCase& test_case, std::ostream* out) { *out << test_case.name; }

class TrainingMemoryTest : public ::testing::TestWithParam<TrainingCase> {};

TEST_P(TrainingMemoryTest, IsBoundedByTheEstimate) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "the allocator is a sanitizer's";
  const TrainingCase& test_case = GetParam();
  const testing::JobFiles files;
  const auto run = [](const v1::Job& job) { return RunJob(job, [](const v1::JobEvent&) {}); };
  ASSERT_THAT(run(files.SmallTraining()), IsOk());  // LibTorch keeps some memory from now on
  v1::Job job;
  job.set_repository(files.repository().string());
  job.set_threads(1);
  *job.mutable_rows() = files.Write(testing::SyntheticRows(test_case.rows, test_case.features));
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(test_case.spec, job.mutable_train()));
  const uint64_t estimate = EstimateTrainingMemory(
      TrainingShape::Of(job.train(), test_case.rows, static_cast<uint32_t>(test_case.features), 1));

  const testing::MemoryMeter meter;
  ASSERT_THAT(run(job), IsOk());
  const uint64_t peak = meter.Peak();
  EXPECT_LE(peak, estimate + 2 * kMegabyte);
  EXPECT_LE(estimate, 2 * peak + 8 * kMegabyte);
}

INSTANTIATE_TEST_SUITE_P(
    All, TrainingMemoryTest,
    ::testing::Values(
        TrainingCase{"Usual", 1000, 20, "model: 'm' hyperparameters { epochs: 1 }"},
        TrainingCase{"WideLayers", 60, 4,
                     "model: 'm' hyperparameters { hidden_size: 900 epochs: 1 }"},
        TrainingCase{"OneMember", 60, 4,
                     "model: 'm' hyperparameters { hidden_size: 1500 epochs: 1 ensemble_size: 1 }"},
        TrainingCase{"Vae", 60, 4,
                     "model: 'm' hyperparameters { hidden_size: 1500 epochs: 1 objective: "
                     "OBJECTIVE_VAE }"},
        TrainingCase{"WideLatentSpace", 60, 4,
                     "model: 'm' latent_plan { samples: 4 } hyperparameters { latent_size: 900 "
                     "hidden_size: 8 epochs: 1 ensemble_size: 1 }"},
        TrainingCase{"LargeBatch", 20'000, 8,
                     "model: 'm' latent_plan { samples: 1 } hyperparameters { hidden_size: 100 "
                     "batch_size: 20000 epochs: 1 ensemble_size: 1 }"},
        TrainingCase{"ManyRows", 400'000, 24,
                     "model: 'm' latent_plan { samples: 1 } hyperparameters { hidden_size: 4 "
                     "latent_size: 1 batch_size: 4000 epochs: 1 ensemble_size: 2 }"},
        TrainingCase{"ManyRemembered", 40'000, 60,
                     "model: 'm' latent_plan { samples: 1 } hyperparameters { hidden_size: 4 "
                     "latent_size: 1 batch_size: 4000 epochs: 1 ensemble_size: 2 "
                     "memory_rows: 16384 }"},
        TrainingCase{"Contaminated", 60'000, 60,
                     "model: 'm' latent_plan { samples: 1 } hyperparameters { hidden_size: 4 "
                     "latent_size: 1 batch_size: 4000 epochs: 1 ensemble_size: 2 "
                     "memory_rows: 16384 contamination: 0.02 }"},
        TrainingCase{"Whitened", 2000, 500,
                     "model: 'm' latent_plan { samples: 1 } hyperparameters { hidden_size: 8 "
                     "latent_size: 2 epochs: 1 ensemble_size: 8 }"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
