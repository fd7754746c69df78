#include "model/base/flag_spelling.h"

#include <gmock/gmock.h>

#include <vector>

namespace advae {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Respell(std::vector<const char*> arguments, char from, char to) {
  return RespellFlags(static_cast<int>(arguments.size()), arguments.data(), from, to);
}

TEST(RespellFlagsTest, ChangesNamesOnly) {
  EXPECT_THAT(Respell({"a_b", "--max_jobs=c_d", "--no_label", "e_f", "-g_h"}, '_', '-'),
              ElementsAre("a_b", "--max-jobs=c_d", "--no-label", "e_f", "-g_h"));
}

TEST(RespellFlagsTest, KeepsTheDashesInFront) {
  EXPECT_THAT(Respell({"a", "--max-jobs", "--b=--c-d", "-e"}, '-', '_'),
              ElementsAre("a", "--max_jobs", "--b=--c-d", "-e"));
}

TEST(RespellFlagsTest, EndsWhereFlagsEnd) {
  EXPECT_THAT(Respell({"a", "--b_c", "--", "--d_e"}, '_', '-'),
              ElementsAre("a", "--b-c", "--", "--d_e"));
}

}  // namespace
}  // namespace advae
