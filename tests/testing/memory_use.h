#ifndef ADVAE_TESTS_TESTING_MEMORY_USE_H_
#define ADVAE_TESTS_TESTING_MEMORY_USE_H_

#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

namespace advae::testing {

// Whether the allocator is glibc's, which MemoryMeter knows: sanitizers have one of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kCanMeasureMemory = false;
#else
inline constexpr bool kCanMeasureMemory = true;
#endif

// How much resident memory of this process has grown since the meter was made, in bytes. Good to
// some hundred kilobytes, while no other thread works.
class MemoryMeter {
 public:
  MemoryMeter() {
    mallopt(M_MMAP_THRESHOLD, 64 << 10);  // gives back what is freed, and finds no old memory
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // resets VmHWM
    before_ = Read("VmRSS:");
  }

  // That is in use now.
  uint64_t Held() const {
    malloc_trim(0);
    const uint64_t now = Read("VmRSS:");
    return now - std::min(now, before_);
  }
  // At most so far.
  uint64_t Peak() const {
    const uint64_t peak = Read("VmHWM:");
    return peak - std::min(peak, before_);
  }

 private:
  static uint64_t Read(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
      uint64_t kilobytes = 0;
      if (word == key && status >> kilobytes) return kilobytes * 1024;
    }
    return 0;
  }

  uint64_t before_;
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_MEMORY_USE_H_
