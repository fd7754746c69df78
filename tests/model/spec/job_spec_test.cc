#include "model/spec/job_spec.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "model/spec/job_memory.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;

v1::TrainSpec Parse(const std::string& text) {
  v1::TrainSpec spec;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("model: 'pump' " + text, &spec));
  return spec;
}

std::string ManyMarks(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += " missing_marks: '" + std::to_string(i) + "'";
  return text;
}

struct BadSpec {
  const char* name;
  std::string spec;
  const char* message;
};
void PrintTo(const BadSpec& test_case, std::ostream* out) { *out << test_case.name; }

class BadTrainSpecTest : public ::testing::TestWithParam<BadSpec> {};

TEST_P(BadTrainSpecTest, IsRefusedForItsField) {
  EXPECT_THAT(CheckTrainSpec(Parse(GetParam().spec)),
              StatusIs(kInvalid, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTrainSpecTest,
    ::testing::Values(
        BadSpec{"Alpha", "alpha: 1", "alpha"}, BadSpec{"AlphaNan", "alpha: nan", "alpha"},
        BadSpec{"TrimmedShare", "trimmed_share: 0.6", "trimmed_share is 0.6"},
        BadSpec{"Contamination", "hyperparameters { contamination: 0.5 }", "contamination is 0.5"},
        BadSpec{"TrimmedShareNan", "trimmed_share: nan", "trimmed_share is nan"},
        BadSpec{"Samples", "latent_plan { samples: 65537 }", "samples"},
        BadSpec{"Epochs", "hyperparameters { epochs: 2000000000 }", "epochs is 2000000000"},
        BadSpec{"NoEpochs", "hyperparameters { epochs: 0 }", "epochs is 0"},
        BadSpec{"LatentSize", "hyperparameters { latent_size: 4097 }", "latent_size is 4097"},
        BadSpec{"LearningRate", "hyperparameters { learning_rate: nan }", "learning_rate is nan"},
        BadSpec{"SettingWithoutName", "columns { kind: COLUMN_KIND_NUMBER }", "has no name"},
        BadSpec{"SettingWithUnknownKind", "columns { name: 'flow' kind: 99 }",
                "column \"flow\" has an unknown kind"},
        BadSpec{"SettingWithUnknownRole", "columns { name: 'flow' role: -1 }",
                "column \"flow\" has an unknown kind, role or order of dates"},
        BadSpec{"EmptyMark", "missing_marks: ['?', '']",
                "a mark of missing values has 0 bytes; expected 1 to 256"},
        BadSpec{"LongMark", "missing_marks: '" + std::string(257, 'x') + "'", "has 257 bytes"},
        BadSpec{"ManyMarks", ManyMarks(65), "has 65 marks of missing values; expected at most 64"},
        BadSpec{"UnknownDecimalMark", "decimal_mark: 9", "unknown decimal mark, 9"},
        BadSpec{"Plan", "latent_plan { samples: 65536 } hyperparameters { latent_size: 257 }",
                "65536 samples of latent size 257"}),
    [](const auto& info) { return info.param.name; });

TEST(CheckTrainSpec, ChecksTheName) {
  v1::TrainSpec spec;
  EXPECT_THAT(CheckTrainSpec(spec), StatusIs(kInvalid, HasSubstr("model name")));
  spec.set_model("../etc");
  EXPECT_THAT(CheckTrainSpec(spec), StatusIs(kInvalid, HasSubstr("model name")));
}

TEST(CheckTrainSpec, AcceptsTheDefaultsAndTheEnds) {
  EXPECT_THAT(CheckTrainSpec(Parse("")), IsOk());
  EXPECT_THAT(CheckTrainSpec(Parse("trimmed_share: 0.5 alpha: 0.999 latent_plan { samples: 65536 } "
                                   "hyperparameters { latent_size: 256 hidden_size: 8192 }")),
              IsOk());
}

TEST(CheckImportSpec, ChecksWhatItHas) {
  v1::ImportSpec spec;
  EXPECT_THAT(CheckImportSpec(spec), StatusIs(kInvalid, HasSubstr("model name")));
  spec.set_model("pump");
  EXPECT_THAT(CheckImportSpec(spec), IsOk());
  spec.set_alpha(0);
  EXPECT_THAT(CheckImportSpec(spec), StatusIs(kInvalid, HasSubstr("alpha")));
}

// The limits that a training of this spec just keeps.
JobMemoryLimits Exactly(const v1::TrainSpec& spec, uint64_t rows, uint32_t features) {
  const TrainingShape shape = TrainingShape::Of(spec, rows, features, 1);
  return {.process_bytes = EstimateTrainingMemory(shape),
          .versions_bytes = EstimateVersionMemory(shape.version).Total(1)};
}

TEST(CheckTrainingMemory, RefusesWhatExceedsALimitByAByte) {
  const v1::TrainSpec spec = Parse("hyperparameters { hidden_size: 1000 }");
  const JobMemoryLimits limits = Exactly(spec, 1000, 10);
  EXPECT_THAT(CheckTrainingMemory(spec, 1000, 10, limits), IsOk());
  EXPECT_THAT(CheckTrainingMemory(spec, 1000, 10, {}), IsOk());
  JobMemoryLimits less = limits;
  --less.process_bytes;
  EXPECT_THAT(CheckTrainingMemory(spec, 1000, 10, less),
              StatusIs(kExhausted, HasSubstr("the training would take about")));
  less = limits;
  --less.versions_bytes;
  EXPECT_THAT(
      CheckTrainingMemory(spec, 1000, 10, less),
      StatusIs(kExhausted, HasSubstr("with this version, all serving versions would take about")));
}

TEST(CheckTrainingMemory, CountsWhatServesAlready) {
  const v1::TrainSpec spec = Parse("");
  JobMemoryLimits limits = Exactly(spec, 1000, 10);
  limits.versions_bytes += 1000;
  limits.serving = MemoryUse().With({.held = 1000, .loading = 0, .scratch = 0});
  EXPECT_THAT(CheckTrainingMemory(spec, 1000, 10, limits), IsOk());
  limits.serving = limits.serving.With({.held = 1, .loading = 0, .scratch = 0});
  EXPECT_FALSE(CheckTrainingMemory(spec, 1000, 10, limits).ok());
}

struct LeverCase {
  const char* name;
  const char* spec;
  uint64_t rows;
  uint32_t features;
  const char* message;
};
void PrintTo(const LeverCase& test_case, std::ostream* out) { *out << test_case.name; }

class LeverTest : public ::testing::TestWithParam<LeverCase> {};

TEST_P(LeverTest, TheMessageNamesTheNumberThatCountsMost) {
  const LeverCase& test_case = GetParam();
  EXPECT_THAT(CheckTrainingMemory(Parse(test_case.spec), test_case.rows, test_case.features,
                                  {.process_bytes = 40'000'000}),
              StatusIs(kExhausted,
                       HasSubstr(std::string("the limit is 40 MB; lower ") + test_case.message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, LeverTest,
    ::testing::Values(
        LeverCase{"Hidden", "hyperparameters { hidden_size: 8192 }", 2, 1,
                  "hidden_size, which is 8192"},
        LeverCase{"Latent", "hyperparameters { latent_size: 4096 }", 2, 1,
                  "latent_size, which is 4096"},
        LeverCase{"Batch",
                  "hyperparameters { batch_size: 100000 hidden_size: 16 latent_size: 20 "
                  "ensemble_size: 1 }",
                  200'000, 1, "batch_size, which is 100000"},
        LeverCase{"Rows", "", 10'000'000, 4, "the number of rows, which is 10000000"},
        LeverCase{"Features", "", 100, 100'000, "the number of features, which is 100000"}),
    [](const auto& info) { return info.param.name; });

TEST(CheckImportMemory, RefusesLargeFiles) {
  const JobMemoryLimits limits{.process_bytes = 100'000'000};
  ImportShape shape{.file_bytes = 1 << 20, .rows = 100, .features = 3};
  EXPECT_THAT(CheckImportMemory(shape, limits), IsOk());
  shape.file_bytes = 1 << 28;
  EXPECT_THAT(CheckImportMemory(shape, limits),
              StatusIs(kExhausted, HasSubstr("the limit is 100 MB")));
}

TEST(CheckImportSpec, RefusesAMemoryOfOneRow) {
  v1::ImportSpec spec;
  spec.set_model("pump");
  EXPECT_THAT(CheckImportSpec(spec), IsOk());
  spec.set_memory_rows(1);
  EXPECT_THAT(CheckImportSpec(spec), StatusIs(absl::StatusCode::kInvalidArgument,
                                              HasSubstr("memory_rows is 1, expected 0, or 2 to")));
}

}  // namespace
}  // namespace advae
