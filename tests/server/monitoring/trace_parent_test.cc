#include "server/monitoring/trace_parent.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace advae {
namespace {

constexpr char kTraceId[] = "4bf92f3577b34da6a3ce929d0e0e4736";

struct TraceParentCase {
  const char* name;
  std::string trace_parent;
  std::string trace_id;
};

void PrintTo(const TraceParentCase& example, std::ostream* out) { *out << example.name; }

class TraceParentTest : public ::testing::TestWithParam<TraceParentCase> {};

TEST_P(TraceParentTest, GivesTheTraceIdOfAValidOne) {
  EXPECT_EQ(TraceId(GetParam().trace_parent), GetParam().trace_id);
}

const std::string kStart = std::string("00-") + kTraceId;

const TraceParentCase kCases[] = {
    {"Sampled", kStart + "-00f067aa0ba902b7-01", kTraceId},
    {"NotSampled", kStart + "-00f067aa0ba902b7-00", kTraceId},
    {"LaterVersion", std::string("01-") + kTraceId + "-00f067aa0ba902b7-01-more", kTraceId},
    {"Empty", "", ""},
    {"CutOff", kStart + "-00f067aa0ba902b7-0", ""},
    {"VersionZeroWithMore", kStart + "-00f067aa0ba902b7-01-more", ""},
    {"LaterVersionWithoutDash", std::string("01-") + kTraceId + "-00f067aa0ba902b7-01more", ""},
    {"ForbiddenVersion", std::string("ff-") + kTraceId + "-00f067aa0ba902b7-01", ""},
    {"ZeroTraceId", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""},
    {"ZeroParentId", kStart + "-0000000000000000-01", ""},
    {"CapitalLetters", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", ""},
    {"NoDashes", kStart + "_00f067aa0ba902b7_01", ""},
    {"FlagsThatAreNoNumber", kStart + "-00f067aa0ba902b7-xy", ""},
};

INSTANTIATE_TEST_SUITE_P(TraceParents, TraceParentTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
