// Each allocation that loading a version makes fails in turn, alone or with all that follow: the
// loading says so or goes without, and the version loads once the fault has gone. A program of its
// own, as it replaces the global allocation functions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <ostream>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "model/repository/repository.h"
#include "server/models/read_version.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace {

constexpr size_t kNever = std::numeric_limits<size_t>::max();

// Of this thread: allocations so far, and which of them fail.
thread_local size_t allocations = 0;
thread_local size_t first_failing = kNever;
thread_local size_t failing_end = kNever;

bool NextFails() {
  const size_t index = allocations++;
  return index >= first_failing && index < failing_end;
}

void* Allocate(size_t size, size_t alignment) {
  void* const memory = NextFails() ? nullptr : std::aligned_alloc(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// NOLINTBEGIN(readability-named-parameter, bugprone-reserved-identifier)

// Not inlined, or GCC would find malloc() and delete, or new and free(), mismatched.
[[gnu::noinline]] void* operator new(size_t size) {
  return Allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}
[[gnu::noinline]] void* operator new(size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

// The linker sends the calls of our libraries here (--wrap): the scorer's aligned buffers.
extern "C" int __real_posix_memalign(void** memory, size_t alignment, size_t size);
extern "C" int __wrap_posix_memalign(void** memory, size_t alignment, size_t size) {
  return NextFails() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}

// NOLINTEND(readability-named-parameter, bugprone-reserved-identifier)

namespace advae {
namespace {

using testing::IsOk;
using testing::StatusIs;

// More than loading the version makes.
constexpr size_t kMostAllocations = 100'000;

struct FaultCase {
  const char* name;
  absl::StatusOr<VersionBundle> (*bundle)();
  size_t failing;  // allocations in a row
};
void PrintTo(const FaultCase& test_case, std::ostream* out) { *out << test_case.name; }

class AllocationFaultsTest : public ::testing::TestWithParam<FaultCase> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, GetParam().bundle());
    ASSERT_THAT(repository_.Publish(bundle).status(), IsOk());
    PrepareToReadVersions();
  }

  absl::Status Load() const { return ReadVersion(repository_, "pump", 1).status(); }

  // Of those that loading makes, the first to fail. Protobuf's reader of JSON allocates in a
  // destructor, which ends the process if that fails, too: when all fail, those after the manifest,
  // which is read for the estimate and for the version.
  size_t FirstToFail() const {
    if (GetParam().failing == 1) return 0;
    allocations = 0;
    EXPECT_THAT(repository_.EstimateMemory("pump", 1).status(), IsOk());
    EXPECT_THAT(repository_.LoadManifest("pump", 1).status(), IsOk());
    return allocations;
  }

  // Load with the allocations from `first` on failing; whether it made as many.
  bool LoadWithFaults(size_t first, absl::Status& status) const {
    const absl::Cleanup heal = [] { first_failing = kNever; };
    allocations = 0;
    failing_end = GetParam().failing == kNever ? kNever : first + GetParam().failing;
    first_failing = first;
    status = Load();
    return allocations > first;
  }

  const testing::TemporaryFolder folder_;
  const Repository repository_ = *Repository::Open(folder_.path());
};

TEST_P(AllocationFaultsTest, LoadingAVersionSaysSo) {
  size_t failed = 0;
  for (size_t first = FirstToFail(); first < kMostAllocations; ++first) {
    absl::Status status;
    const bool reached = LoadWithFaults(first, status);
    if (!reached) {
      EXPECT_THAT(status, IsOk());
      EXPECT_GT(failed, 0);
      EXPECT_THAT(Load(), IsOk());
      return;
    }
    if (!status.ok()) {
      ++failed;
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted, "memory ran out"))
          << "allocation " << first;
    }
  }
  FAIL() << "it never loads";
}

absl::StatusOr<VersionBundle> Plain() { return testing::RandomBundle("pump"); }
absl::StatusOr<VersionBundle> WithMemory() {
  return testing::RandomBundle("pump", /*seed=*/1, /*memory_rows=*/10);
}
absl::StatusOr<VersionBundle> OfTables() {
  return testing::PumpBundle("pump", /*strict=*/false, /*memory_rows=*/10);
}

INSTANTIATE_TEST_SUITE_P(Failing, AllocationFaultsTest,
                         ::testing::Values(FaultCase{"PlainOne", Plain, 1},
                                           FaultCase{"PlainAll", Plain, kNever},
                                           FaultCase{"WithMemoryOne", WithMemory, 1},
                                           FaultCase{"WithMemoryAll", WithMemory, kNever},
                                           FaultCase{"OfTablesOne", OfTables, 1},
                                           FaultCase{"OfTablesAll", OfTables, kNever}),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace advae
