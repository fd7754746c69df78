#include "tests/testing/memory_use.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>

namespace advae::testing {
namespace {

std::atomic<int64_t> allocated_bytes = 0;
std::atomic<int64_t> peak_bytes = 0;

[[maybe_unused]] void Add(int64_t bytes) {
  const int64_t now = allocated_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  int64_t peak = peak_bytes.load(std::memory_order_relaxed);
  while (now > peak && !peak_bytes.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
}

// Of the block and its header.
[[maybe_unused]] int64_t BlockBytes(void* block) {
  if (block == nullptr) return 0;
  return static_cast<int64_t>(malloc_usable_size(block) + sizeof(size_t));
}

[[maybe_unused]] void* Counted(void* block) {
  Add(BlockBytes(block));
  return block;
}

}  // namespace

MemoryMeter::MemoryMeter() : before_(allocated_bytes) { peak_bytes = before_; }

uint64_t MemoryMeter::Held() const {
  return static_cast<uint64_t>(std::max<int64_t>(allocated_bytes - before_, 0));
}

uint64_t MemoryMeter::Peak() const {
  return static_cast<uint64_t>(std::max<int64_t>(peak_bytes - before_, 0));
}

}  // namespace advae::testing

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// In the place of glibc's functions, which are known by these other names, too.
extern "C" {

void* __libc_malloc(size_t);            // NOLINT(bugprone-reserved-identifier)
void* __libc_calloc(size_t, size_t);    // NOLINT(bugprone-reserved-identifier)
void* __libc_realloc(void*, size_t);    // NOLINT(bugprone-reserved-identifier)
void* __libc_memalign(size_t, size_t);  // NOLINT(bugprone-reserved-identifier)
void __libc_free(void*);                // NOLINT(bugprone-reserved-identifier)

void* malloc(size_t size) noexcept { return advae::testing::Counted(__libc_malloc(size)); }

void* calloc(size_t count, size_t size) noexcept {
  return advae::testing::Counted(__libc_calloc(count, size));
}

void* realloc(void* block, size_t size) noexcept {
  const int64_t before = advae::testing::BlockBytes(block);
  void* const moved = __libc_realloc(block, size);
  if (moved != nullptr || size == 0) {
    advae::testing::Add(advae::testing::BlockBytes(moved) - before);
  }
  return moved;
}

void* memalign(size_t alignment, size_t size) noexcept {
  return advae::testing::Counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) noexcept { return memalign(alignment, size); }

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  void* const made = memalign(alignment, size);
  if (made == nullptr) return ENOMEM;
  *block = made;
  return 0;
}

void free(void* block) noexcept {
  advae::testing::Add(-advae::testing::BlockBytes(block));
  __libc_free(block);
}

}  // extern "C"

#endif
