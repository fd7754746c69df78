#ifndef ADVAE_TESTS_FUZZ_FUZZ_TARGET_H_
#define ADVAE_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>

// What each program of this folder does with an input: libFuzzer makes them up, replay.cc reads
// those of the corpus. Ends the program when the bytes are not taken as they should. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace advae::testing {

// Ends the program unless something holds, whatever the build.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_FUZZ_FUZZ_TARGET_H_
