#include "server/base/work_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

using testing::ElementsAre;

TEST(WorkPool, CallsEachPieceInItsTurn) {
  std::vector<int> called;
  {
    WorkPool pool(1, 10);
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(pool.Submit([&called, i] { called.push_back(i); }).ok());
    }
  }
  EXPECT_THAT(called, ElementsAre(0, 1, 2));
}

TEST(WorkPool, WorksOnAsManyPiecesAtOnceAsItHasThreads) {
  WorkPool pool(3, 10);
  absl::BlockingCounter running(3);
  absl::Notification go;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pool.Submit([&] {
                      running.DecrementCount();
                      go.WaitForNotification();
                    })
                    .ok());
  }
  running.Wait();  // would wait forever if one piece held up another
  go.Notify();
}

TEST(WorkPool, RefusesWhatMayNotWait) {
  absl::Notification started, go;
  int called = 0;
  {
    WorkPool pool(1, 1);
    ASSERT_TRUE(pool.Submit([&] {
                      started.Notify();
                      go.WaitForNotification();
                    })
                    .ok());
    started.WaitForNotification();
    ASSERT_TRUE(pool.Submit([&] { ++called; }).ok());
    const absl::Status refused = pool.Submit([&] { called += 100; });
    EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_NE(RetryHint(refused), std::nullopt);
    go.Notify();
  }
  EXPECT_EQ(called, 1);
}

}  // namespace
}  // namespace advae
