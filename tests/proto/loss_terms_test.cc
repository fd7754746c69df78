#include "proto/loss_terms.h"

#include <gmock/gmock.h>

#include <limits>

namespace advae {
namespace {

using ::testing::_;
using ::testing::Each;
using ::testing::Pair;

TEST(LossTermsTest, AreNamedAsTheFields) {
  v1::LossTerms losses;
  losses.set_generator(1.5);
  losses.set_encoder_transformed_active(0.25);
  const auto terms = NamedTerms(losses);
  ASSERT_EQ(terms.size(), 15U);
  EXPECT_THAT(terms.front(), Pair("generator", 1.5));
  EXPECT_THAT(terms[1], Pair("transformer", 0));
  EXPECT_THAT(terms.back(), Pair("encoder_transformed_active", 0.25));
}

TEST(LossTermsTest, AreFiniteWhenEachOneIs) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()}) {
    v1::LossTerms losses;
    EXPECT_TRUE(AllFinite(losses));
    losses.set_margin_z_hinge(bad);
    EXPECT_FALSE(AllFinite(losses));
  }
}

TEST(LossTermsTest, AreAddedOneByOne) {
  v1::LossTerms losses;
  losses.set_encoder(3);
  v1::LossTerms sum;
  sum.set_encoder(1);
  sum.set_generator(7);
  AddScaled(losses, 0.5, sum);
  EXPECT_EQ(sum.encoder(), 2.5);
  EXPECT_EQ(sum.generator(), 7);
  AddScaled(sum, -1, sum);
  EXPECT_THAT(NamedTerms(sum), Each(Pair(_, 0)));
}

}  // namespace
}  // namespace advae
