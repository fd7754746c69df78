#include "model/simd/instruction_set.h"

#include <utility>

namespace advae {
namespace {

constexpr std::pair<InstructionSet, std::string_view> kNames[] = {
    {InstructionSet::kPortable, "portable"}, {InstructionSet::kSse4, "sse4"},
    {InstructionSet::kAvx2, "avx2"},         {InstructionSet::kAvx512, "avx512"},
    {InstructionSet::kNeon, "neon"},
};

}  // namespace

std::string_view InstructionSetName(InstructionSet set) {
  for (const auto& [other, name] : kNames) {
    if (other == set) return name;
  }
  return "";
}

}  // namespace advae
