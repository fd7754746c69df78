#include "server/models/read_version.h"

#include <sys/mman.h>

#include <new>
#include <utility>

namespace advae {
namespace {

// For the server's threads and calls, while a version is loaded.
constexpr uint64_t kHeadroomBytes = 64 << 20;

// Whether the system would give this process so much memory. Asked before it is taken: an allocator
// keeps what it was given, and threads that start later would find none.
bool HasMemory(uint64_t bytes) {
  void* const memory =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  munmap(memory, bytes);
  return true;
}

// Made while there is memory for its message.
const absl::Status& MemoryRanOut() {
  static const absl::Status* const status =
      new absl::Status(absl::ResourceExhaustedError("memory ran out"));
  return *status;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const LoadedVersion>> ReadVersion(const Repository& repository,
                                                                 const std::string& model,
                                                                 uint64_t version) {
  const absl::Status& memory_ran_out = MemoryRanOut();
  try {
    const absl::StatusOr<VersionMemory> memory = repository.EstimateMemory(model, version);
    if (memory.ok() && !HasMemory(SaturatingAdd(memory->Total(/*threads=*/1), kHeadroomBytes))) {
      return memory_ran_out;
    }
    absl::StatusOr<VersionBundle> bundle = repository.Load(model, version);
    if (!bundle.ok()) return bundle.status();
    auto loaded = LoadedVersion::Create(*std::move(bundle));
    if (!loaded.ok()) return absl::DataLossError(loaded.status().message());
    return loaded;
  } catch (const std::bad_alloc&) {
    return memory_ran_out;
  }
}

}  // namespace advae
