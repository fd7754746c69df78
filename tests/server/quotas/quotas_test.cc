#include "server/quotas/quotas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::_;

NamedQuota Calls(const std::string& name, uint64_t calls) {
  NamedQuota named{.name = name, .quota = {}};
  named.quota.limit(QuotaKind::kCalls) = calls;
  return named;
}

class QuotasTest : public ::testing::Test {
 protected:
  absl::StatusOr<QuotaHold> Take(const std::string& name) {
    return quotas_.TenantOf(name)->Take({QuotaKind::kCalls});
  }
  double Refused(const std::string& identity) {
    return refused_.Add({{"identity", identity}, {"quota", "calls"}}).Value();
  }

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& refused_ =
      prometheus::BuildCounter().Name("refused").Register(registry_);
  Quotas quotas_{refused_};
};

TEST_F(QuotasTest, WithoutQuotasNobodyIsLimited) {
  const auto a = Take("a"), b = Take("a");
  EXPECT_THAT(a, IsOk());
  EXPECT_THAT(b, IsOk());
}

TEST_F(QuotasTest, OthersHaveTheirShareEachForThemselves) {
  quotas_.Set({Calls("plant", 2), Calls("*", 1)});
  const auto a = Take("a"), b = Take("b"), one = Take("plant"), two = Take("plant");
  for (const auto* hold : {&a, &b, &one, &two}) EXPECT_THAT(*hold, IsOk());
  for (const char* const name : {"a", "b", "plant"}) {
    EXPECT_THAT(Take(name), StatusIs(absl::StatusCode::kResourceExhausted, _)) << name;
  }
  // Names that no file has make no series.
  EXPECT_EQ(Refused("*"), 2);
  EXPECT_EQ(Refused("plant"), 1);
  EXPECT_EQ(registry_.Collect().front().metric.size(), 2);
}

TEST_F(QuotasTest, NewQuotasCountForWhatIsOpen) {
  quotas_.Set({Calls("*", 2)});
  const auto a = Take("a"), b = Take("a");
  quotas_.Set({Calls("a", 3)});
  auto c = Take("a");
  EXPECT_THAT(c, IsOk());
  EXPECT_THAT(Take("a"), StatusIs(absl::StatusCode::kResourceExhausted, _));
  quotas_.Set({Calls("a", 1)});
  c = QuotaHold();
  EXPECT_THAT(Take("a"), StatusIs(absl::StatusCode::kResourceExhausted, _));
  quotas_.Set({});
  EXPECT_THAT(Take("a"), IsOk());
}

TEST_F(QuotasTest, ACallHoldsUntilItEnds) {
  quotas_.Set({Calls("*", 1)});
  const int call = 0;
  quotas_.BeginCall(&call, *Take("a"));
  EXPECT_THAT(Take("a"), StatusIs(absl::StatusCode::kResourceExhausted, _));
  quotas_.EndCall(&call);
  quotas_.EndCall(&call);
  EXPECT_THAT(Take("a"), IsOk());
}

TEST_F(QuotasTest, ManyNamesDoNotMakeItForgetWhatIsInUse) {
  quotas_.Set({Calls("*", 1)});
  const auto held = Take("held");
  for (int i = 0; i < 5000; ++i) EXPECT_THAT(Take(absl::StrCat("name", i)), IsOk());
  EXPECT_THAT(Take("held"), StatusIs(absl::StatusCode::kResourceExhausted, _));
}

}  // namespace
}  // namespace advae
