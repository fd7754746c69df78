#ifndef ADVAE_TESTS_TESTING_MEMORY_USE_H_
#define ADVAE_TESTS_TESTING_MEMORY_USE_H_

#include <cstdint>

namespace advae::testing {

// Whether this build can measure and limit memory: a sanitizer has an allocator and an address
// space of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kCanMeasureMemory = false;
#else
inline constexpr bool kCanMeasureMemory = true;
#endif

// How much the process's allocations have grown since the meter was made, in bytes, counted to the
// byte in malloc and its kin. Resident memory would depend on the kernel: it counts on each
// processor and is off by megabytes where there are many. One meter at a time; other threads'
// allocations count as well.
class MemoryMeter {
 public:
  MemoryMeter();

  // Allocated now.
  uint64_t Held() const;
  // The most that was allocated at any time so far.
  uint64_t Peak() const;

 private:
  int64_t before_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_MEMORY_USE_H_
