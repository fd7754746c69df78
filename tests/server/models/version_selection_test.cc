#include "server/models/version_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Claim = VersionCandidate::Claim;

VersionCandidate Version(const std::string& model, uint64_t version, uint64_t held,
                         uint64_t newer_versions = 0, Claim claim = Claim::kOnlyWhenNamed) {
  return {.model = model,
          .version = version,
          .claim = claim,
          .newer_versions = newer_versions,
          .memory = {.held = held, .loading = 0, .scratch = 0}};
}

// The selected ones as "a1".
std::vector<std::string> Selected(const std::vector<VersionCandidate>& candidates, uint64_t bytes) {
  const std::vector<bool> selected = SelectVersions(candidates, {.bytes = bytes, .threads = 1});
  std::vector<std::string> names;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (selected[i]) names.push_back(candidates[i].model + std::to_string(candidates[i].version));
  }
  return names;
}

TEST(SelectVersions, TakesAllThatFit) {
  EXPECT_THAT(Selected({}, 0), IsEmpty());
  EXPECT_THAT(Selected({Version("a", 1, 10), Version("b", 1, 10)}, 20), ElementsAre("a1", "b1"));
  EXPECT_THAT(Selected({Version("a", 1, 10)}, 9), IsEmpty());
}

TEST(SelectVersions, LeavesOutTheOldestOfEachModelFirst) {
  const std::vector<VersionCandidate> candidates = {
      Version("a", 1, 10, 2), Version("a", 2, 10, 1), Version("a", 3, 10, 0, Claim::kToServe),
      Version("b", 1, 10, 1), Version("b", 2, 10, 0, Claim::kToServe)};
  EXPECT_THAT(Selected(candidates, 40), ElementsAre("a2", "a3", "b1", "b2"));
  EXPECT_THAT(Selected(candidates, 30), ElementsAre("a2", "a3", "b2"));
  EXPECT_THAT(Selected(candidates, 20), ElementsAre("a3", "b2"));
}

TEST(SelectVersions, AnOlderVersionThatServesGoesBeforeNewerOnes) {
  EXPECT_THAT(Selected({Version("a", 1, 10, 1, Claim::kToServe), Version("a", 2, 10)}, 10),
              ElementsAre("a1"));
}

TEST(SelectVersions, NothingThatServesStopsForSomethingNew) {
  const std::vector<VersionCandidate> candidates = {Version("a", 1, 60, 1, Claim::kServing),
                                                    Version("a", 2, 60, 0, Claim::kToServe),
                                                    Version("b", 1, 30, 0, Claim::kToServe)};
  EXPECT_THAT(Selected(candidates, 100), ElementsAre("a1", "b1"));
  EXPECT_THAT(Selected(candidates, 150), ElementsAre("a1", "a2", "b1"));
}

TEST(SelectVersions, SmallerOnesStillFitAfterOneThatDoesNot) {
  EXPECT_THAT(Selected({Version("a", 1, 100), Version("b", 1, 10, 5)}, 50), ElementsAre("b1"));
}

TEST(SelectVersions, OneLoadingAndTheThreadsAreCountedOnce) {
  std::vector<VersionCandidate> candidates = {Version("a", 1, 10), Version("b", 1, 10)};
  candidates[0].memory.loading = 30;
  candidates[1].memory.loading = 20;
  candidates[0].memory.scratch = 5;
  candidates[1].memory.scratch = 7;
  EXPECT_EQ(SelectVersions(candidates, {.bytes = 20 + 30 + 4 * 7, .threads = 4}),
            (std::vector<bool>{true, true}));
  EXPECT_EQ(SelectVersions(candidates, {.bytes = 20 + 30 + 4 * 7 - 1, .threads = 4}),
            (std::vector<bool>{true, false}));
}

TEST(SelectVersions, DoesNotDependOnTheOrderOfTheCandidates) {
  std::vector<VersionCandidate> candidates;
  for (uint64_t version = 1; version <= 8; ++version) {
    candidates.push_back(Version("a", version, 10 + version, 8 - version));
    candidates.push_back(Version("b", version, 20 - version, 8 - version));
  }
  const auto in_order = [](std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
  };
  const std::vector<std::string> expected = in_order(Selected(candidates, 120));
  std::mt19937 random(1);
  for (int i = 0; i < 20; ++i) {
    std::ranges::shuffle(candidates, random);
    EXPECT_EQ(in_order(Selected(candidates, 120)), expected);
  }
}

TEST(SelectVersions, AbsurdSizesFitNowhere) {
  constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
  EXPECT_THAT(Selected({Version("a", 1, kEnd), Version("b", 1, kEnd), Version("c", 1, 5, 3)}, 100),
              ElementsAre("c1"));
}

}  // namespace
}  // namespace advae
