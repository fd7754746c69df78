#include "model/scoring/ensemble.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::RandomWeights;
using testing::StatusIs;

constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;

Ensemble TwoMembers() {
  return {{.networks = RandomWeights({3, 4, 4, 2, 4, 4}, 1), .weight = 0.25},
          {.networks = RandomWeights({3, 6, 5, 2, 5, 6}, 2), .weight = 4}};
}

TEST(ValidateEnsembleTest, AcceptsMembersThatFit) {
  EXPECT_THAT(ValidateEnsemble(TwoMembers()), IsOk());
  Ensemble whitened = TwoMembers();
  whitened[1].whitening = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  EXPECT_THAT(ValidateEnsemble(whitened), IsOk());
}

TEST(ValidateEnsembleTest, NamesWhatDoesNotFit) {
  EXPECT_THAT(ValidateEnsemble({}), StatusIs(kInvalid, HasSubstr("no member")));
  for (const double weight : {0.0, -1.0, static_cast<double>(NAN), HUGE_VAL}) {
    Ensemble ensemble = TwoMembers();
    ensemble[1].weight = weight;
    EXPECT_THAT(ValidateEnsemble(ensemble), StatusIs(kInvalid, HasSubstr("member 1: the weight")));
  }
  Ensemble ensemble = TwoMembers();
  ensemble[0].whitening = {1, 0, 0, 1};
  EXPECT_THAT(ValidateEnsemble(ensemble),
              StatusIs(kInvalid, HasSubstr("member 0: expected a whitening of 3 x 3")));
  ensemble[0].whitening.assign(9, NAN);
  EXPECT_THAT(ValidateEnsemble(ensemble), StatusIs(kInvalid, HasSubstr("finite")));
  ensemble = TwoMembers();
  ensemble[1].networks = RandomWeights({3, 6, 5, 3, 5, 6}, 2);
  EXPECT_THAT(ValidateEnsemble(ensemble),
              StatusIs(kInvalid, AllOf(HasSubstr("member 1"), HasSubstr("latent size of 3"))));
  ensemble[1].networks.encoder.mean = {};
  EXPECT_THAT(ValidateEnsemble(ensemble),
              StatusIs(kInvalid, AllOf(HasSubstr("member 1"), HasSubstr("encoder.mean"))));
}

TEST(BalancedWeightsTest, GiveEveryMemberTheSameShare) {
  // The mean of the means is 3: each member is to add 1 to the score of an average row.
  EXPECT_THAT(BalancedWeights(std::vector<double>{1, 2, 6}),
              ElementsAre(DoubleEq(1), DoubleEq(0.5), DoubleEq(1.0 / 6)));
  EXPECT_THAT(BalancedWeights(std::vector<double>{0.3}), ElementsAre(1));
}

TEST(BalancedWeightsTest, AreEqualWithoutAMean) {
  EXPECT_THAT(BalancedWeights(std::vector<double>{0, 2}), ElementsAre(0.5, 0.5));
  EXPECT_THAT(BalancedWeights(std::vector<double>{0}), ElementsAre(1));
}

}  // namespace
}  // namespace advae
