#ifndef ADVAE_TESTS_BENCH_CORE_LIMITS_H_
#define ADVAE_TESTS_BENCH_CORE_LIMITS_H_

#include "model/simd/instruction_set.h"

namespace advae {

// What one core can do at best with an instruction set, measured in some ten milliseconds each.
// `set` is one of SupportedInstructionSets().

// Multiply-adds of floats a second: as many independent ones in registers as the scoring kernel has
// in flight, without any memory access.
double MeasureMultiplyAdds(InstructionSet set);

// Sigmoids summed a second: the kernel's own routine over pre-activations in the first-level cache.
double MeasureSigmoids(InstructionSet set);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_CORE_LIMITS_H_
