#include "model/fitting/nearest_others.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

const Matrix kRows{.values = {0, 1, 3, 7, 15}, .columns = 1};

TEST(NearestOthersTest, ByHand) {
  const NearestOthers others(kRows, 2, 1);
  EXPECT_THAT(others.Of(0), ElementsAre(Field(&Neighbor::row, 1), Field(&Neighbor::row, 2)));
  EXPECT_THAT(others.Of(3), ElementsAre(Field(&Neighbor::row, 2), Field(&Neighbor::row, 1)));
  EXPECT_THAT(others.Radii(), ElementsAre(2, 1.5, 2.5, 5, 10));
}

TEST(NearestOthersTest, ARadiusWithoutARowIsThatOfTheOthers) {
  const NearestOthers others(kRows, 2, 1);
  EXPECT_EQ(others.RadiusWithout(0, 1), 5);   // rows 2 and 3, not 1 and 2
  EXPECT_EQ(others.RadiusWithout(0, 3), 2);   // row 3 has no part in it
  EXPECT_EQ(others.RadiusWithout(4, 3), 13);  // rows 2 and 1
  EXPECT_EQ(others.RadiusWithout(4, 0), 10);
}

TEST(NearestOthersTest, AnotherVersionOfARowDoesNotFindTheRow) {
  const NearestOthers others(kRows, {.values = {3, 1, 3, 14, 0}, .columns = 1}, 2, 1);
  EXPECT_THAT(others.Of(0), ElementsAre(Field(&Neighbor::row, 2), Field(&Neighbor::row, 1)));
  EXPECT_THAT(others.Of(3), ElementsAre(Field(&Neighbor::row, 4), Field(&Neighbor::row, 2)));
  EXPECT_THAT(others.Of(4), ElementsAre(Field(&Neighbor::row, 0), Field(&Neighbor::row, 1)));
}

TEST(NearestOthersTest, TakesAllOthersWhenThereAreFew) {
  const NearestOthers others(kRows, 4, 1);
  EXPECT_EQ(others.Of(0).size(), 4);
  EXPECT_EQ(others.RadiusWithout(0, 4), (1 + 3 + 7) / 3.0f);
  const NearestOthers more(kRows, 20, 1);
  EXPECT_EQ(more.Radii(), others.Radii());
  const NearestOthers two({.values = {1, 4}, .columns = 1}, 20, 1);
  EXPECT_THAT(two.Radii(), ElementsAre(3, 3));
  EXPECT_EQ(two.RadiusWithout(0, 1), 0);
}

}  // namespace
}  // namespace advae
