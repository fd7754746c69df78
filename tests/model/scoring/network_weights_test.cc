#include "model/scoring/network_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>
#include <string>

#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::RandomWeights;
using testing::StatusIs;

// d = 3, h = 5, 4, 6, 7, k = 2.
NetworkWeights ValidWeights() { return RandomWeights({3, 5, 4, 2, 6, 7}, /*seed=*/1); }

DenseLayer Zeros(size_t inputs, size_t outputs) {
  return {inputs, outputs, std::vector<float>(inputs * outputs), std::vector<float>(outputs)};
}

TEST(NetworkWeightsTest, ReportsSizes) {
  EXPECT_EQ(ValidWeights().features(), 3);
  EXPECT_EQ(ValidWeights().latent_size(), 2);
}

TEST(NetworkWeightsTest, AcceptsLayersThatFit) { EXPECT_THAT(ValidWeights().Validate(), IsOk()); }

struct BadWeightsCase {
  const char* name;
  std::function<void(NetworkWeights&)> spoil;
  const char* message;
};
void PrintTo(const BadWeightsCase& test_case, std::ostream* out) { *out << test_case.name; }

class BadWeightsTest : public ::testing::TestWithParam<BadWeightsCase> {};

TEST_P(BadWeightsTest, IsRejected) {
  NetworkWeights weights = ValidWeights();
  GetParam().spoil(weights);
  EXPECT_THAT(weights.Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    NetworkWeightsTest, BadWeightsTest,
    ::testing::Values(
        BadWeightsCase{"EmptyLayer", [](auto& w) { w.encoder.hidden1 = {}; },
                       "encoder.hidden1: the layer is empty"},
        BadWeightsCase{"SecondHiddenLayer", [](auto& w) { w.encoder.hidden2 = Zeros(9, 4); },
                       "encoder.hidden2 has 9 inputs, but encoder.hidden1 has 5 outputs"},
        BadWeightsCase{"Mean", [](auto& w) { w.encoder.mean = Zeros(3, 2); },
                       "encoder.mean has 3 inputs, but encoder.hidden2 has 4 outputs"},
        BadWeightsCase{"LogVarianceInputs", [](auto& w) { w.encoder.log_variance = Zeros(3, 2); },
                       "encoder.log_variance has 3 inputs"},
        BadWeightsCase{"LogVarianceOutputs", [](auto& w) { w.encoder.log_variance = Zeros(4, 1); },
                       "encoder.log_variance has 1 outputs, but encoder.mean has 2"},
        BadWeightsCase{"GeneratorInput", [](auto& w) { w.generator.hidden1 = Zeros(3, 6); },
                       "generator.hidden1 has 3 inputs, but encoder.mean has 2 outputs"},
        BadWeightsCase{"GeneratorHidden", [](auto& w) { w.generator.hidden2 = Zeros(6, 8); },
                       "generator.output has 7 inputs, but generator.hidden2 has 8 outputs"},
        BadWeightsCase{"Output", [](auto& w) { w.generator.output = Zeros(7, 2); },
                       "generator.output has 2 outputs, but encoder.hidden1 has 3 inputs"},
        BadWeightsCase{"WeightCount", [](auto& w) { w.generator.output.weight.pop_back(); },
                       "generator.output: a layer of 7 inputs and 3 outputs does not have 20"},
        BadWeightsCase{"BiasCount", [](auto& w) { w.encoder.mean.bias.push_back(0); },
                       "does not have 8 weights and 3 biases"},
        BadWeightsCase{"NanWeight", [](auto& w) { w.generator.hidden2.weight[3] = NAN; },
                       "generator.hidden2: a weight or bias is not a finite"},
        BadWeightsCase{"InfiniteBias", [](auto& w) { w.encoder.mean.bias[1] = INFINITY; },
                       "encoder.mean: a weight or bias is not a finite"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace advae
