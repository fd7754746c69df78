#include "client/cli/report/loss_history.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;
using ::testing::Pair;

v1::TrainResponse Accepted(uint32_t epochs) {
  v1::TrainResponse event;
  event.mutable_accepted()->mutable_hyperparameters()->set_epochs(epochs);
  return event;
}

v1::TrainResponse Progress(uint32_t epoch, double encoder, double active = 0) {
  v1::TrainResponse event;
  event.mutable_progress()->set_epoch(epoch);
  event.mutable_progress()->mutable_losses()->set_encoder(encoder);
  event.mutable_progress()->mutable_losses()->set_margin_z_active(active);
  return event;
}

TEST(LossHistory, BreaksLinesBetweenMembers) {
  LossHistory history;
  history.Add(Accepted(2));
  for (const auto& [epoch, loss] : {std::pair(1, 8.0), {2, 4.0}, {3, 7.0}, {4, 3.0}}) {
    history.Add(Progress(epoch, loss));
  }
  const std::vector<LineChart> charts = history.Charts();
  ASSERT_EQ(charts.size(), 1);
  EXPECT_EQ(charts[0].title, "Losses");
  ASSERT_EQ(charts[0].lines.size(), 1);
  EXPECT_EQ(charts[0].lines[0].name, "L_E, encoder");
  EXPECT_THAT(charts[0].lines[0].points,
              ElementsAre(Pair(1, 8), Pair(2, 4), Pair(3, IsNan()), Pair(3, 7), Pair(4, 3)));
}

TEST(LossHistory, HasOnePointAnEpochAndNoneBeforeTheFirst) {
  LossHistory history;
  history.Add(Accepted(9));
  history.Add(Progress(0, 9));
  history.Add(Progress(1, 5, 0.5));
  history.Add(Progress(1, 5, 0.25));
  const std::vector<LineChart> charts = history.Charts();
  ASSERT_EQ(charts.size(), 2);
  EXPECT_THAT(charts[0].lines[0].points, ElementsAre(Pair(1, 5)));
  EXPECT_EQ(charts[1].title, "Rows with an active hinge");
  EXPECT_THAT(charts[1].lines[0].points, ElementsAre(Pair(1, 0.25)));
}

TEST(LossHistory, HasNoChartsWithoutReports) {
  LossHistory history;
  history.Add(Accepted(9));
  EXPECT_THAT(history.Charts(), IsEmpty());
}

}  // namespace
}  // namespace advae
