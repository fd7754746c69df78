#include "model/table/survey/text_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

void Count(TextCounts& counts, std::string_view text) { counts.CountAt(counts.PlaceOf(text)); }

TEST(TextCounts, RanksByCountThenText) {
  TextCounts counts;
  for (const char* text : {"b", "c", "a", "c", "", "c", "b", "a"}) Count(counts, text);
  EXPECT_EQ(counts.total(), 8);
  EXPECT_EQ(counts.distinct(), 4);
  EXPECT_EQ(counts.total_when_full(), std::nullopt);
  EXPECT_THAT(counts.Ranked(), ElementsAre(Pair("c", 3), Pair("a", 2), Pair("b", 2), Pair("", 1)));
}

TEST(TextCounts, NewShareOfTheLastFifth) {
  TextCounts counts;
  const auto add = [&counts](const std::string& text) { counts.CountAt(counts.PlaceOf(text)); };
  EXPECT_EQ(counts.NewShareOfLastFifth(), 0);
  for (int i = 0; i < 15; ++i) add("old");
  add("young");
  for (const char* const text : {"new", "old", "new", "young"}) add(text);
  EXPECT_EQ(counts.NewShareOfLastFifth(), 0.5);  // two of the last four
  add("newer");
  EXPECT_EQ(counts.NewShareOfLastFifth(), 0.25);  // of the last four, one and no more
}

TEST(TextCounts, NewShareIsThatUntilItIsFull) {
  TextCounts counts;
  for (size_t i = 0; i < TextCounts::kMaxTexts; ++i) {
    counts.CountAt(counts.PlaceOf(absl::StrCat(i)));
  }
  EXPECT_EQ(counts.NewShareOfLastFifth(), 1);
  for (size_t i = 0; i < 2 * TextCounts::kMaxTexts; ++i) counts.CountAt(counts.PlaceOf("99999"));
  EXPECT_EQ(counts.NewShareOfLastFifth(), 0);  // not full yet
  EXPECT_EQ(counts.PlaceOf("more"), TextCounts::kRest);
  for (size_t i = 0; i < TextCounts::kMaxTexts; ++i) counts.CountAt(TextCounts::kRest);
  EXPECT_EQ(counts.NewShareOfLastFifth(), 0);
}

TEST(TextCounts, AsManyTextsAsItTakes) {
  TextCounts counts;
  for (size_t i = 0; i < TextCounts::kMaxTexts; ++i) Count(counts, std::to_string(i));
  EXPECT_EQ(counts.total_when_full(), std::nullopt);
  EXPECT_EQ(counts.PlaceOf("one more"), TextCounts::kRest);
  counts.CountAt(TextCounts::kRest);
  Count(counts, "7");
  Count(counts, "another");
  EXPECT_EQ(counts.distinct(), TextCounts::kMaxTexts);
  EXPECT_EQ(counts.total(), TextCounts::kMaxTexts + 3);
  EXPECT_EQ(counts.total_when_full(), TextCounts::kMaxTexts);
  EXPECT_THAT(counts.Ranked().front(), Pair("7", 2));
}

TEST(TextCounts, AsManyBytesAsItTakes) {
  TextCounts counts;
  Count(counts, std::string(TextCounts::kMaxBytes - 1, 'x'));
  Count(counts, "a");
  EXPECT_EQ(counts.total_when_full(), std::nullopt);
  Count(counts, "b");
  EXPECT_EQ(counts.total_when_full(), 2);
  Count(counts, "");  // after the first that does not fit, nothing does
  EXPECT_EQ(counts.distinct(), 2);
  EXPECT_EQ(counts.total(), 4);
}

}  // namespace
}  // namespace advae
