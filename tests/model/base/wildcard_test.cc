#include "model/base/wildcard.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace advae {
namespace {

TEST(MatchesPattern, KnowsStarsAndQuestionMarks) {
  for (const auto& [pattern, name] :
       std::vector<std::pair<std::string, std::string>>{{"a", "a"},
                                                        {"*", ""},
                                                        {"*", "abc"},
                                                        {"a*", "a"},
                                                        {"*c", "abc"},
                                                        {"a*c", "abcbc"},
                                                        {"?", "\u00E4"},
                                                        {"s_?", "s_1"},
                                                        {"*a*b*", "xaaybz"},
                                                        {"**", "x"},
                                                        {"a?c*", "abcd"}}) {
    EXPECT_TRUE(MatchesPattern(pattern, name)) << pattern << " " << name;
  }
  for (const auto& [pattern, name] :
       std::vector<std::pair<std::string, std::string>>{{"a", "b"},
                                                        {"", "a"},
                                                        {"a", ""},
                                                        {"?", ""},
                                                        {"a*c", "abcb"},
                                                        {"s_?", "s_12"},
                                                        {"*a*b", "ba"},
                                                        {"A", "a"}}) {
    EXPECT_FALSE(MatchesPattern(pattern, name)) << pattern << " " << name;
  }
}

TEST(MatchesPattern, ManyStarsTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 32; ++i) pattern += "a*";
  EXPECT_FALSE(MatchesPattern(pattern + "b", std::string(64, 'a')));
}

}  // namespace
}  // namespace advae
