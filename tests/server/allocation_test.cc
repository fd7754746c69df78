// What the path of a score takes from the heap once it has run before. A program of its own, as it
// replaces the global allocation functions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "advae/v1/detector.pb.h"
#include "model/scoring/loaded_version.h"
#include "server/batching/batch_scorer.h"
#include "server/messages/message_allocator.h"
#include "tests/testing/random_model.h"

namespace {

thread_local size_t allocations = 0;

}  // namespace

// Not inlined, or GCC would find malloc() and delete, or new and free(), mismatched.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

// The linker sends calls of posix_memalign() here (--wrap): the scorer's aligned buffers.
extern "C" int __real_posix_memalign(void** memory, size_t alignment, size_t size);
extern "C" int __wrap_posix_memalign(void** memory, size_t alignment, size_t size) {
  ++allocations;
  return __real_posix_memalign(memory, alignment, size);
}

namespace advae {
namespace {

using testing::RandomBundle;
using testing::RandomRows;

template <typename Function>
size_t AllocationsOf(const Function& function) {
  const size_t before = allocations;
  function();
  return allocations - before;
}

class AllocationTest : public ::testing::Test {
 protected:
  // As if `version_` had been asked for the rows.
  Batch BatchOf(const Matrix& rows, std::span<double> scores, const RowDetails& details) {
    ScoreWork work{.version = version_, .rows = rows.view(), .scores = scores, .details = details};
    Batch batch;
    batch.slices.push_back({.task = std::make_shared<ScoreTask>(work, [](const absl::Status&) {}),
                            .first_row = 0,
                            .rows = rows.rows(),
                            .waited = absl::ZeroDuration()});
    return batch;
  }

  using Messages = MessageAllocator<v1::ScoreRequest, v1::ScoreResponse>;

  static v1::ScoreRequest& RequestOf(grpc::MessageHolder<Received, v1::ScoreResponse>& messages) {
    return const_cast<v1::ScoreRequest&>(
        static_cast<const v1::ScoreRequest&>(messages.request()->message()));
  }

  MessageLimits limits_{MemoryBudget(1 << 30), 1 << 30, 1 << 30};
  const std::shared_ptr<const LoadedVersion> version_ = *LoadedVersion::Create(*RandomBundle("a"));
};

TEST_F(AllocationTest, ScorerKeepsItsMemory) {
  const Matrix rows = RandomRows(500, 3, 1);
  std::vector<double> scores(rows.rows());
  std::vector<float> expected(rows.values.size());
  std::vector<double> contributions(rows.values.size());
  ScoringMemory memory;
  const auto score = [&] {
    version_->scorer().Score(rows.view(), scores,
                             {.expected = expected, .contributions = contributions}, memory);
  };
  EXPECT_GT(AllocationsOf(score), 0);  // that they are counted at all
  EXPECT_EQ(AllocationsOf(score), 0);
}

TEST_F(AllocationTest, BatchOfSeveralRequestsIsScoredInKeptMemory) {
  const Matrix rows = RandomRows(50, 3, 1);
  std::vector<double> scores(rows.rows());
  std::vector<float> expected(rows.values.size());
  std::vector<double> contributions(rows.values.size());
  Batch batch = BatchOf(rows, scores, {.expected = expected, .contributions = contributions});
  batch.slices.push_back(batch.slices.front());
  BatchScorer scorer;
  EXPECT_GT(AllocationsOf([&] { scorer.Score(batch); }), 0);
  EXPECT_EQ(AllocationsOf([&] { scorer.Score(batch); }), 0);
}

TEST_F(AllocationTest, SmallMessagesComeFromAKeptArena) {
  Messages allocator(limits_);
  const auto call = [&] {
    auto* const messages = allocator.AllocateMessages();
    EXPECT_EQ(RequestOf(*messages).rows().values_size(), 0);
    EXPECT_EQ(messages->response()->scores_size(), 0);
    RequestOf(*messages).mutable_rows()->mutable_values()->Resize(32, 1);
    messages->response()->mutable_scores()->Resize(1, 1);
    messages->response()->add_explanations()->add_contributions()->set_feature(1);
    messages->Release();
  };
  EXPECT_GT(AllocationsOf(call), 0);
  EXPECT_EQ(AllocationsOf(call), 0);
}

TEST_F(AllocationTest, LargeMessagesGiveTheirMemoryBack) {
  Messages allocator(limits_);
  auto* messages = allocator.AllocateMessages();
  const auto* const arena = RequestOf(*messages).GetArena();
  const uint64_t small = arena->SpaceAllocated();
  RequestOf(*messages).mutable_rows()->mutable_values()->Resize(1'000'000, 1);
  EXPECT_GT(arena->SpaceAllocated(), 4'000'000);
  messages->Release();
  messages = allocator.AllocateMessages();
  EXPECT_EQ(RequestOf(*messages).GetArena(), arena);
  EXPECT_EQ(arena->SpaceAllocated(), small);
  messages->Release();
}

}  // namespace
}  // namespace advae
