#include "model/simd/instruction_set.h"

#include <cstdint>
#include <utility>

// clang-format off
#include "model/simd/simd_targets.h"  // before Highway
#include <hwy/highway.h>
// clang-format on

namespace advae {
namespace {

constexpr std::pair<InstructionSet, std::string_view> kNames[] = {
    {InstructionSet::kPortable, "portable"}, {InstructionSet::kSse4, "sse4"},
    {InstructionSet::kAvx2, "avx2"},         {InstructionSet::kAvx512, "avx512"},
    {InstructionSet::kNeon, "neon"},
};

// Highway's bit for each set that there are kernels for, the fastest first.
constexpr std::pair<InstructionSet, int64_t> kTargets[] = {
#if HWY_TARGETS & HWY_AVX3
    {InstructionSet::kAvx512, HWY_AVX3},
#endif
#if HWY_TARGETS & HWY_AVX2
    {InstructionSet::kAvx2, HWY_AVX2},
#endif
#if HWY_TARGETS & HWY_SSE4
    {InstructionSet::kSse4, HWY_SSE4},
#endif
#if HWY_TARGETS & HWY_NEON
    {InstructionSet::kNeon, HWY_NEON},
#endif
#if HWY_TARGETS & HWY_EMU128
    {InstructionSet::kPortable, HWY_EMU128},
#elif HWY_TARGETS & HWY_SCALAR
    {InstructionSet::kPortable, HWY_SCALAR},
#endif
};

}  // namespace

std::vector<InstructionSet> SupportedInstructionSets() {
  const int64_t supported = hwy::SupportedTargets();
  std::vector<InstructionSet> sets;
  for (const auto& [set, target] : kTargets) {
    if ((target & supported) != 0 || target == HWY_STATIC_TARGET) sets.push_back(set);
  }
  return sets;
}

std::string_view InstructionSetName(InstructionSet set) {
  for (const auto& [other, name] : kNames) {
    if (other == set) return name;
  }
  return "";
}

}  // namespace advae
