#include "server/models/read_version.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <sys/mman.h>

#include <new>
#include <utility>

#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"

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

// Made at the start: memory for its message might be lacking later.
const absl::Status* const kMemoryRanOut =
    new absl::Status(absl::ResourceExhaustedError("memory ran out"));

}  // namespace

void PrepareToReadVersions() {
  // One message of each file that stored messages are from.
  v1::VersionManifest::descriptor();
  v1::VersionInfo::descriptor();
  google::protobuf::Timestamp::descriptor();
  google::protobuf::Duration::descriptor();
}

absl::StatusOr<std::shared_ptr<const LoadedVersion>> ReadVersion(const Repository& repository,
                                                                 const std::string& model,
                                                                 uint64_t version) {
  try {
    const absl::StatusOr<VersionMemory> memory = repository.EstimateMemory(model, version);
    if (memory.ok() && !HasMemory(SaturatingAdd(memory->Total(/*threads=*/1), kHeadroomBytes))) {
      return *kMemoryRanOut;
    }
    absl::StatusOr<VersionBundle> bundle = repository.Load(model, version);
    if (!bundle.ok()) return bundle.status();
    auto loaded = LoadedVersion::Create(*std::move(bundle));
    if (!loaded.ok()) return absl::DataLossError(loaded.status().message());
    return loaded;
  } catch (const std::bad_alloc&) {
    return *kMemoryRanOut;
  }
}

}  // namespace advae
