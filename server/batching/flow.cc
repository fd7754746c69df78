#include "server/batching/flow.h"

#include <algorithm>
#include <bit>

namespace advae {

size_t SizeClass(const ScoreTask& task) {
  // Above 2^63 all are of the last class.
  const double work = std::min(task.multiply_adds(), 0x1p63);
  return std::bit_width(static_cast<uint64_t>(work)) - (work >= 1 ? 1 : 0);
}

double QueuedCaller::WorkBefore(size_t size_class, double own) const {
  double smaller = 0;
  for (size_t i = 0; i <= size_class; ++i) smaller += work_of_class[i];
  // Larger ones get as much, as long as one of them is the oldest.
  return smaller + std::clamp(work - smaller, 0.0, smaller + own);
}

size_t Flow::OldestClass() const {
  return std::min_element(tasks.begin(), tasks.end(),
                          [](const auto& a, const auto& b) {
                            return a.second.front().arrival < b.second.front().arrival;
                          })
      ->first;
}

Flow* Lane::Find(uint64_t key) {
  const auto found = flows_.find(key);
  return found == flows_.end() ? nullptr : found->second.get();
}

Flow& Lane::Add(uint64_t key, QueuedCaller& caller, uint64_t place) {
  auto flow = std::make_unique<Flow>(
      Flow{.key = key, .caller = caller, .served = caller.served, .place = place});
  in_turn_.insert(flow.get());
  return *(flows_[key] = std::move(flow));
}

Flow& Lane::Next() {
  for (;;) {
    Flow& flow = **in_turn_.begin();
    if (flow.served == flow.caller.served) return flow;
    // The caller has had turns with other versions.
    Withdraw(flow);
    Return(flow, flow.place);
  }
}

void Lane::Return(Flow& flow, uint64_t place) {
  flow.served = flow.caller.served;
  flow.place = place;
  in_turn_.insert(&flow);
}

absl::Time Lane::FirstArrival() const {
  absl::Time first = absl::InfiniteFuture();
  for (const auto& [key, flow] : flows_) {
    for (const auto& [size_class, tasks] : flow->tasks)
      first = std::min(first, tasks.front().since);
  }
  return first;
}

}  // namespace advae
