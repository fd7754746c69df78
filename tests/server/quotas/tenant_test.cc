#include "server/quotas/tenant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "server/base/quota_violation.h"
#include "server/base/retry_hint.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr absl::Time kStart = absl::UnixEpoch();

std::shared_ptr<const QuotaRule> Rule(QuotaKind kind, uint64_t limit) {
  QuotaRule rule;
  rule.quota.limit(kind) = limit;
  return std::make_shared<QuotaRule>(rule);
}

std::shared_ptr<Tenant> MakeTenant(QuotaKind kind, uint64_t limit) {
  return std::make_shared<Tenant>("plant", Rule(kind, limit));
}

TEST(Tenant, WithoutLimitsTakesAnything) {
  const auto tenant = std::make_shared<Tenant>("plant", std::make_shared<QuotaRule>());
  EXPECT_THAT(tenant->TakeRows(1'000'000'000, kStart), IsOk());
  EXPECT_THAT(tenant->TakeRows(1'000'000'000, kStart), IsOk());
  const auto a = tenant->Take({QuotaKind::kCalls, QuotaKind::kStreams});
  const auto b = tenant->Take({QuotaKind::kCalls, QuotaKind::kTrainings});
  EXPECT_THAT(a, IsOk());
  EXPECT_THAT(b, IsOk());
}

TEST(Tenant, AHoldEndsWithItsLife) {
  const auto tenant = MakeTenant(QuotaKind::kCalls, 2);
  auto first = tenant->Take({QuotaKind::kCalls});
  {
    const auto second = tenant->Take({QuotaKind::kCalls});
    ASSERT_THAT(second, IsOk());
    EXPECT_THAT(tenant->Take({QuotaKind::kCalls}),
                StatusIs(absl::StatusCode::kResourceExhausted,
                         AllOf(HasSubstr("\"plant\" has 2 open calls"),
                               HasSubstr("its quota calls is 2"))));
  }
  QuotaHold moved = *std::move(first);
  EXPECT_THAT(tenant->Take({QuotaKind::kCalls}), IsOk());
  const auto third = tenant->Take({QuotaKind::kCalls});
  EXPECT_THAT(tenant->Take({QuotaKind::kCalls}), StatusIs(absl::StatusCode::kResourceExhausted, _));
  moved = QuotaHold();
  EXPECT_THAT(tenant->Take({QuotaKind::kCalls}), IsOk());
}

TEST(Tenant, WhatIsRefusedTakesNothing) {
  const auto tenant = MakeTenant(QuotaKind::kStreams, 1);
  const auto stream = tenant->Take({QuotaKind::kCalls, QuotaKind::kStreams});
  EXPECT_THAT(tenant->Take({QuotaKind::kCalls, QuotaKind::kStreams}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("open streams")));
  tenant->Follow(Rule(QuotaKind::kCalls, 2));
  EXPECT_THAT(tenant->Take({QuotaKind::kCalls}), IsOk());
}

TEST(Tenant, ARefusalSaysWhoseAndWhichQuotaAndIsCounted) {
  prometheus::Counter counter;
  QuotaRule rule;
  rule.quota.limit(QuotaKind::kTrainings) = 1;
  rule.refused[static_cast<size_t>(QuotaKind::kTrainings)] = &counter;
  const auto tenant = std::make_shared<Tenant>("plant", std::make_shared<QuotaRule>(rule));
  const auto training = tenant->Take({QuotaKind::kTrainings});
  EXPECT_EQ(counter.Value(), 0);
  const absl::Status refused = tenant->Take({QuotaKind::kTrainings}).status();
  EXPECT_EQ(counter.Value(), 1);
  const auto violation = QuotaViolationOf(refused);
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->identity, "plant");
  EXPECT_EQ(violation->quota, "trainings");
  EXPECT_TRUE(RetryHint(refused));
}

TEST(Tenant, AVersionNeedsRoom) {
  const auto tenant = MakeTenant(QuotaKind::kVersions, 3);
  EXPECT_THAT(tenant->TakeTraining([] { return StoredUse{.versions = 2, .bytes = 1 << 30}; }),
              IsOk());
  const absl::Status refused =
      tenant->TakeTraining([] { return StoredUse{.versions = 3}; }).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted,
                                "\"plant\" has 3 stored versions, and its quota versions is 3; "
                                "delete versions that are not needed"));
  EXPECT_FALSE(RetryHint(refused));
  ASSERT_TRUE(QuotaViolationOf(refused));
  EXPECT_EQ(QuotaViolationOf(refused)->quota, "versions");
  // A limit that was lowered.
  EXPECT_THAT(tenant->TakeTraining([] { return StoredUse{.versions = 9}; }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("has 9 stored versions")));
}

TEST(Tenant, ATrainingThatRunsCountsAsAVersion) {
  const auto tenant = MakeTenant(QuotaKind::kVersions, 3);
  const auto first = tenant->TakeTraining([] { return StoredUse{.versions = 1}; });
  {
    const auto second = tenant->TakeTraining([] { return StoredUse{.versions = 1}; });
    ASSERT_THAT(second, IsOk());
    EXPECT_THAT(tenant->TakeTraining([] { return StoredUse{.versions = 1}; }),
                StatusIs(absl::StatusCode::kResourceExhausted,
                         HasSubstr("has 1 stored versions and 2 in the making, and its "
                                   "quota versions is 3")));
  }
  EXPECT_THAT(tenant->TakeTraining([] { return StoredUse{.versions = 1}; }), IsOk());
}

TEST(Tenant, BytesAreRefusedOnceThereAreAsMany) {
  const auto tenant = MakeTenant(QuotaKind::kBytes, 1000);
  EXPECT_THAT(tenant->TakeTraining([] { return StoredUse{.versions = 50, .bytes = 999}; }), IsOk());
  const absl::Status refused =
      tenant->TakeTraining([] { return StoredUse{.versions = 1, .bytes = 1000}; }).status();
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kResourceExhausted,
                       "\"plant\" has 1000 bytes of stored versions, and its quota bytes is 1000; "
                       "delete versions that are not needed"));
  EXPECT_FALSE(RetryHint(refused));
  EXPECT_EQ(QuotaViolationOf(refused)->quota, "bytes");
}

TEST(Tenant, ATrainingBesideTooManyCanBeTriedAgain) {
  const auto tenant = MakeTenant(QuotaKind::kTrainings, 1);
  const auto first = tenant->TakeTraining([] { return StoredUse{.versions = 100, .bytes = 100}; });
  ASSERT_THAT(first, IsOk());
  const absl::Status refused = tenant->TakeTraining([] { return StoredUse(); }).status();
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("quota trainings is 1")));
  EXPECT_TRUE(RetryHint(refused));
}

TEST(Tenant, RowsComeAtTheirRate) {
  const auto tenant = MakeTenant(QuotaKind::kRowsPerSecond, 100);
  // The burst is those of a second.
  EXPECT_THAT(tenant->TakeRows(60, kStart), IsOk());
  EXPECT_THAT(tenant->TakeRows(40, kStart), IsOk());
  EXPECT_THAT(tenant->TakeRows(1, kStart),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("rows_per_second of 100")));
  const absl::Time later = kStart + absl::Milliseconds(10);
  EXPECT_THAT(tenant->TakeRows(1, later), IsOk());
  EXPECT_THAT(tenant->TakeRows(1, later), StatusIs(absl::StatusCode::kResourceExhausted, _));
}

TEST(Tenant, TimeWithoutRowsGivesNoMoreThanABurst) {
  const auto tenant = MakeTenant(QuotaKind::kRowsPerSecond, 100);
  EXPECT_THAT(tenant->TakeRows(1, kStart), IsOk());
  const absl::Time later = kStart + absl::Hours(1);
  EXPECT_THAT(tenant->TakeRows(100, later), IsOk());
  EXPECT_THAT(tenant->TakeRows(1, later), StatusIs(absl::StatusCode::kResourceExhausted, _));
}

TEST(Tenant, ARequestLargerThanTheBurstPassesAndIsPaidForAfterwards) {
  const auto tenant = MakeTenant(QuotaKind::kRowsPerSecond, 100);
  EXPECT_THAT(tenant->TakeRows(1000, kStart), IsOk());
  const absl::Status refused = tenant->TakeRows(1, kStart);
  ASSERT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, _));
  const std::optional<absl::Duration> hint = RetryHint(refused);
  ASSERT_TRUE(hint);
  EXPECT_GE(*hint, absl::Seconds(9));
  EXPECT_LE(*hint, absl::Seconds(9) + absl::Milliseconds(1));
  EXPECT_THAT(tenant->TakeRows(1, kStart + *hint), IsOk());
}

TEST(Tenant, RowsThatAreNotScoredAreReturned) {
  const auto tenant = MakeTenant(QuotaKind::kRowsPerSecond, 100);
  EXPECT_THAT(tenant->TakeRows(100, kStart), IsOk());
  tenant->ReturnRows(100);
  EXPECT_THAT(tenant->TakeRows(100, kStart), IsOk());
  EXPECT_THAT(tenant->TakeRows(1, kStart), StatusIs(absl::StatusCode::kResourceExhausted, _));
}

TEST(Tenant, AnotherRateBeginsAfreshAndTheSameOneGoesOn) {
  const auto tenant = MakeTenant(QuotaKind::kRowsPerSecond, 100);
  EXPECT_THAT(tenant->TakeRows(100'000, kStart), IsOk());
  tenant->Follow(Rule(QuotaKind::kRowsPerSecond, 100));
  EXPECT_THAT(tenant->TakeRows(1, kStart), StatusIs(absl::StatusCode::kResourceExhausted, _));
  tenant->Follow(Rule(QuotaKind::kRowsPerSecond, 200));
  EXPECT_THAT(tenant->TakeRows(200, kStart), IsOk());
}

TEST(Tenant, IsIdleWhenNothingIsUsed) {
  const auto tenant = MakeTenant(QuotaKind::kRowsPerSecond, 100);
  EXPECT_TRUE(tenant->IsIdle(kStart));
  EXPECT_THAT(tenant->TakeRows(50, kStart), IsOk());
  EXPECT_FALSE(tenant->IsIdle(kStart));
  EXPECT_TRUE(tenant->IsIdle(kStart + absl::Milliseconds(500)));
  const auto call = tenant->Take({QuotaKind::kCalls});
  EXPECT_FALSE(tenant->IsIdle(kStart + absl::Hours(1)));
}

}  // namespace
}  // namespace advae
