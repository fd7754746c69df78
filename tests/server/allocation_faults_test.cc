// Each allocation that loading a version, or a poll of the repository, makes fails in turn, alone
// or with all that follow: the loading says so or goes without, and the version loads once the
// fault has gone. A program of its own, as it replaces the global allocation functions.

#include <gmock/gmock.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "model/repository/repository.h"
#include "server/log/log.h"
#include "server/models/read_version.h"
#include "server/models/repository_poller.h"
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
thread_local bool spares_json = false;  // FromJson's do not count

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

// The linker sends the calls of FromJson to the second.
absl::Status
RealFromJson(const std::filesystem::path& path, const std::string& json, google::protobuf::Message& message) asm(
    "__real__ZN5advae8FromJsonERKNSt10filesystem7__cxx114pathERKNSt7__cxx1112basic_"
    "stringIcSt11char_traitsIcESaIcEEERN6google8protobuf7MessageE");
absl::Status
WrappedFromJson(const std::filesystem::path& path, const std::string& json, google::protobuf::Message& message) asm(
    "__wrap__ZN5advae8FromJsonERKNSt10filesystem7__cxx114pathERKNSt7__cxx1112basic_"
    "stringIcSt11char_traitsIcESaIcEEERN6google8protobuf7MessageE");

absl::Status WrappedFromJson(const std::filesystem::path& path, const std::string& json,
                             google::protobuf::Message& message) {
  if (!spares_json) return RealFromJson(path, json, message);
  const absl::Cleanup go_on = [first = std::exchange(first_failing, kNever), count = allocations] {
    first_failing = first;
    allocations = count;
  };
  return RealFromJson(path, json, message);
}

namespace {

using testing::IsOk;
using testing::StatusIs;

// More than loading the version makes.
constexpr size_t kMostAllocations = 100'000;

// Runs `work` while this thread's allocations from `first` on fail, so many in a row; whether it
// made more than `first`.
template <typename Work>
bool RunWithFaults(size_t first, size_t failing, const Work& work) {
  const absl::Cleanup heal = [] { first_failing = kNever; };
  allocations = 0;
  failing_end = failing == kNever ? kNever : first + failing;
  first_failing = first;
  work();
  return allocations > first;
}

struct FaultCase {
  const char* name;
  absl::StatusOr<VersionBundle> (*bundle)();
  size_t failing;  // allocations in a row
};
void PrintTo(const FaultCase& test_case, std::ostream* out) { *out << test_case.name; }

// But for those of Protobuf's reader of JSON: it allocates in a destructor, where a failure ends
// the process.
class AllocationFaultsTest : public ::testing::TestWithParam<FaultCase> {
 protected:
  AllocationFaultsTest() { spares_json = true; }
  ~AllocationFaultsTest() override { spares_json = false; }
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, GetParam().bundle());
    ASSERT_THAT(repository_.Publish(bundle).status(), IsOk());
    PrepareToReadVersions();
  }

  absl::Status Load() const { return ReadVersion(repository_, "pump", 1).status(); }

  const testing::TemporaryFolder folder_;
  const Repository repository_ = *Repository::Open(folder_.path());
};

TEST_P(AllocationFaultsTest, LoadingAVersionSaysSo) {
  size_t failed = 0;
  for (size_t first = 0; first < kMostAllocations; ++first) {
    absl::Status status;
    const bool reached = RunWithFaults(first, GetParam().failing, [&] { status = Load(); });
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

// But for those of Protobuf's reader of JSON, as above.
class PollFaultsTest : public ::testing::TestWithParam<bool> {
 protected:
  PollFaultsTest() { spares_json = true; }
  ~PollFaultsTest() override { spares_json = false; }
};

TEST_P(PollFaultsTest, APollIsSurvivedAndMadeUpFor) {
  const bool is_loaded = GetParam();  // before the poll
  const testing::TemporaryFolder folder;
  const Repository repository = *Repository::Open(folder.path());
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, testing::RandomBundle("pump"));
  ASSERT_THAT(repository.Publish(bundle).status(), IsOk());
  for (size_t first = 0; first < kMostAllocations; ++first) {
    Metrics metrics;
    ModelTable table(repository, metrics);
    if (is_loaded) {
      ASSERT_THAT(table.Sync(), IsOk());
    }
    const bool reached = RunWithFaults(first, 1, [&] { PollRepository(table, {}); });
    // What memory ran out for is left out of one poll.
    for (int i = 0; i < 2; ++i) PollRepository(table, {});
    ASSERT_THAT(table.Find("pump", 1).status(), IsOk()) << "allocation " << first;
    ASSERT_EQ(metrics.models().unreadable_versions.Value(), 0) << "allocation " << first;
    if (!reached) {
      EXPECT_GT(first, 0);
      return;
    }
  }
  FAIL() << "it never ends";
}

TEST(LogFaults, ALineWithoutMemoryIsDroppedAndCounted) {
  Log(LogLevel::kInfo, "the log is made");
  for (size_t first = 0; first < kMostAllocations; ++first) {
    const uint64_t before = DroppedLogLines();
    if (!RunWithFaults(first, kNever, [] { Log(LogLevel::kInfo, "a line"); })) {
      EXPECT_GT(first, 0);
      return;
    }
    EXPECT_EQ(DroppedLogLines(), before + 1) << "allocation " << first;
  }
  FAIL() << "it never ends";
}

INSTANTIATE_TEST_SUITE_P(Loaded, PollFaultsTest, ::testing::Bool(), [](const auto& info) {
  return std::string(info.param ? "AsBefore" : "Anew");
});

}  // namespace
}  // namespace advae
