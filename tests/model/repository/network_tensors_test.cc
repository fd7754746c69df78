#include "model/repository/network_tensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

// Adds a layer whose weights count up from `first`.
void AddLayer(const std::string& name, size_t inputs, size_t outputs, double first,
              TensorMap& tensors) {
  Tensor weight{DType::kF32, {outputs, inputs}, {}};
  for (size_t i = 0; i < inputs * outputs; ++i) weight.values.push_back(first + i);
  tensors[name + ".weight"] = weight;
  tensors[name + ".bias"] = {DType::kF32, {outputs}, std::vector<double>(outputs, -first)};
}

// Four layers of an encoder, d = 2, h = 3 and 4, k = 1, with these names.
TensorMap Encoder(const std::vector<std::string>& names) {
  TensorMap tensors;
  AddLayer(names[0], 2, 3, 10, tensors);
  AddLayer(names[1], 3, 4, 20, tensors);
  AddLayer(names[2], 4, 1, 40, tensors);
  AddLayer(names[3], 4, 1, 60, tensors);
  return tensors;
}

// Three layers of a generator, k = 1, h = 5 and 6, d = 2.
TensorMap Generator(const std::vector<std::string>& names) {
  TensorMap tensors;
  AddLayer(names[0], 1, 5, 100, tensors);
  AddLayer(names[1], 5, 6, 200, tensors);
  AddLayer(names[2], 6, 2, 300, tensors);
  return tensors;
}

TensorMap PlainEncoder() { return Encoder({"fc1", "fc2", "fcmu", "fclogvar"}); }
TensorMap PlainGenerator() { return Generator({"fc3", "fc4", "fcxmu"}); }

TEST(WeightsFromTensorsTest, InfersSizesAndKeepsValues) {
  ASSERT_OK_AND_ASSIGN(const NetworkWeights weights,
                       WeightsFromTensors(PlainEncoder(), PlainGenerator()));
  EXPECT_EQ(weights.features(), 2);
  EXPECT_EQ(weights.latent_size(), 1);
  EXPECT_EQ(weights.encoder.hidden2.outputs, 4);
  EXPECT_EQ(weights.generator.hidden1.outputs, 5);
  EXPECT_EQ(weights.generator.hidden2.outputs, 6);
  EXPECT_THAT(weights.encoder.hidden1.weight, ElementsAre(10, 11, 12, 13, 14, 15));
  EXPECT_THAT(weights.encoder.hidden1.bias, ElementsAre(-10, -10, -10));
  EXPECT_THAT(weights.encoder.mean.weight, ElementsAre(40, 41, 42, 43));
  EXPECT_THAT(weights.encoder.log_variance.weight, ElementsAre(60, 61, 62, 63));
  EXPECT_THAT(weights.generator.hidden1.weight, ElementsAre(100, 101, 102, 103, 104));
  EXPECT_THAT(weights.generator.output.bias, ElementsAre(-300, -300));
}

struct NamesCase {
  const char* name;
  std::vector<std::string> encoder;
  std::vector<std::string> generator;
};
void PrintTo(const NamesCase& test_case, std::ostream* out) { *out << test_case.name; }

class NamesTest : public ::testing::TestWithParam<NamesCase> {};

TEST_P(NamesTest, AreUnderstood) {
  ASSERT_OK_AND_ASSIGN(
      const NetworkWeights weights,
      WeightsFromTensors(Encoder(GetParam().encoder), Generator(GetParam().generator)));
  EXPECT_EQ(weights.encoder.hidden2.bias[0], -20);
  EXPECT_EQ(weights.encoder.mean.bias[0], -40);
  EXPECT_EQ(weights.encoder.log_variance.bias[0], -60);
  EXPECT_EQ(weights.generator.output.bias[0], -300);
}

INSTANTIATE_TEST_SUITE_P(
    WeightsFromTensorsTest, NamesTest,
    ::testing::Values(
        NamesCase{"Plain", {"fc1", "fc2", "fcmu", "fclogvar"}, {"fc3", "fc4", "fcxmu"}},
        NamesCase{"Underscores", {"fc1", "fc2", "fc_mu", "fc_logvar"}, {"fc1", "fc2", "fc_xmu"}},
        NamesCase{"Short", {"fc1", "fc2", "mu", "logvar"}, {"fc1", "fc2", "out"}},
        NamesCase{"Spelled", {"fc1", "fc2", "mean", "log_var"}, {"fc1", "fc2", "output"}},
        NamesCase{"Bundle",
                  {"encoder.hidden1", "encoder.hidden2", "encoder.mean", "encoder.log_variance"},
                  {"generator.hidden1", "generator.hidden2", "generator.output"}},
        NamesCase{"DataParallel",
                  {"module.fc1", "module.fc2", "module.fc_mean", "module.fc_log_var"},
                  {"module.fc3", "module.fc4", "module.fc_out"}},
        NamesCase{"Nested",
                  {"module.model.encoder.fc1", "module.model.encoder.fc2",
                   "module.model.encoder.mu", "module.model.encoder.log_variance"},
                  {"decoder.fc1", "decoder.fc2", "decoder.fcxmu"}}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(WeightsFromTensorsTest, ReportsAMissingLayer) {
  TensorMap encoder = PlainEncoder();
  encoder.erase("fcmu.bias");
  EXPECT_THAT(WeightsFromTensors(encoder, PlainGenerator()),
              StatusIs(kInvalid, AllOf(HasSubstr("encoder weights: no mean.bias (or fcmu"),
                                       HasSubstr("fclogvar.weight"))));
  EXPECT_THAT(WeightsFromTensors(PlainEncoder(), {}),
              StatusIs(kInvalid, HasSubstr("generator weights: no hidden1.weight (or fc1, fc3) "
                                           "found; there are no tensors")));
}

TEST(WeightsFromTensorsTest, ReportsSwappedFiles) {
  EXPECT_THAT(WeightsFromTensors(PlainGenerator(), PlainEncoder()),
              StatusIs(kInvalid, HasSubstr("encoder weights: 'fc3.bias' is not a weight or bias")));
}

TEST(WeightsFromTensorsTest, ReportsALayerThatIsFoundTwice) {
  TensorMap generator = PlainGenerator();
  AddLayer("fc1", 1, 5, 0, generator);
  EXPECT_THAT(
      WeightsFromTensors(PlainEncoder(), generator),
      StatusIs(kInvalid, HasSubstr("both 'fc1.bias' and 'fc3.bias' stand for hidden1.bias")));
}

TEST(WeightsFromTensorsTest, ReportsLeftOverTensors) {
  for (const char* const name : {"fc9.weight", "fc1", "fc1.running_mean", "weight", ""}) {
    TensorMap encoder = PlainEncoder();
    encoder[name] = {DType::kF32, {1}, {0}};
    EXPECT_THAT(WeightsFromTensors(encoder, PlainGenerator()),
                StatusIs(kInvalid, AllOf(HasSubstr(absl::StrCat("'", name, "' is not a weight")),
                                         HasSubstr("log_variance (or fclogvar"))));
  }
}

TEST(WeightsFromTensorsTest, ReportsWrongShapes) {
  TensorMap encoder = PlainEncoder();
  encoder["fc1.weight"].shape = {6};
  EXPECT_THAT(
      WeightsFromTensors(encoder, PlainGenerator()),
      StatusIs(kInvalid, HasSubstr("'fc1.weight' has shape [6], expected [outputs, inputs]")));
  encoder = PlainEncoder();
  encoder["fc2.bias"] = {DType::kF32, {3}, {0, 0, 0}};
  EXPECT_THAT(WeightsFromTensors(encoder, PlainGenerator()),
              StatusIs(kInvalid, HasSubstr("'fc2.bias' has shape [3], expected [4]")));
}

TEST(WeightsFromTensorsTest, ReportsLayersThatDoNotFit) {
  TensorMap generator = PlainGenerator();
  AddLayer("fc3", 2, 5, 0, generator);
  EXPECT_THAT(WeightsFromTensors(PlainEncoder(), generator),
              StatusIs(kInvalid, HasSubstr("generator.hidden1 has 2 inputs, but encoder.mean")));
}

TEST(WeightsFromTensorsTest, ReportsValuesThatAreNoFloats) {
  TensorMap encoder = PlainEncoder();
  encoder["fc1.bias"] = {DType::kF64, {3}, {0, 1e300, 0}};
  EXPECT_THAT(WeightsFromTensors(encoder, PlainGenerator()),
              StatusIs(kInvalid, HasSubstr("encoder.hidden1: a weight or bias is not a finite")));
}

}  // namespace
}  // namespace advae
