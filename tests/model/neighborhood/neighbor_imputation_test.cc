#include "model/neighborhood/neighbor_imputation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;

const float kNan = std::nanf("");
const Matrix kRows{.values = {1, 10, 100, 3, kNan, 300, 5, kNan, 500}, .columns = 3};
const std::vector<float> kOtherwise = {-1, -2, -3};

TEST(NeighborImputationTest, AMissingValueIsTheMeanOfThoseThatHaveIt) {
  std::vector<float> row = {7, kNan, kNan};
  ImputeFromNeighbors(std::vector<Neighbor>{{.row = 2}, {.row = 0}, {.row = 1}}, kRows, kOtherwise,
                      row);
  EXPECT_THAT(row, ElementsAre(7, 10, 300));
}

TEST(NeighborImputationTest, WithoutOneThatHasItTheOtherValueIsTaken) {
  std::vector<float> row = {kNan, kNan, 7};
  ImputeFromNeighbors(std::vector<Neighbor>{{.row = 2}}, kRows, kOtherwise, row);
  EXPECT_THAT(row, ElementsAre(5, -2, 7));
}

TEST(NeighborImputationTest, NeighboursThatShareNothingHaveNoPart) {
  const std::vector<Neighbor> near = {
      {.row = 0, .squared_distance = NeighborSearch::kNothingShared}};
  std::vector<float> row = {kNan, kNan, kNan};
  ImputeFromNeighbors(near, kRows, kOtherwise, row);
  EXPECT_EQ(row, kOtherwise);
}

}  // namespace
}  // namespace advae
