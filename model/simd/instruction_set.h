#ifndef ADVAE_MODEL_SIMD_INSTRUCTION_SET_H_
#define ADVAE_MODEL_SIMD_INSTRUCTION_SET_H_

#include <string_view>
#include <vector>

namespace advae {

// The SIMD instructions that the scoring kernel is compiled for.
enum class InstructionSet { kPortable, kSse4, kAvx2, kAvx512, kNeon };

// Those that this program has a kernel for and this processor can run, the fastest first; never
// empty.
std::vector<InstructionSet> SupportedInstructionSets();

// "portable", "sse4", "avx2", "avx512", "neon".
std::string_view InstructionSetName(InstructionSet set);

}  // namespace advae

#endif  // ADVAE_MODEL_SIMD_INSTRUCTION_SET_H_
