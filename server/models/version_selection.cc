#include "server/models/version_selection.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace advae {

std::vector<bool> SelectVersions(const std::vector<VersionCandidate>& candidates,
                                 const ModelMemoryLimit& budget) {
  std::vector<size_t> order(candidates.size());
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [&candidates](size_t i) {
    const VersionCandidate& candidate = candidates[i];
    return std::tie(candidate.claim, candidate.newer_versions, candidate.model, candidate.version);
  };
  std::ranges::sort(order, [&rank](size_t a, size_t b) { return rank(a) < rank(b); });

  std::vector<bool> selected(candidates.size());
  MemoryUse use;
  for (const size_t i : order) {
    const MemoryUse with = use.With(candidates[i].memory);
    if (with.Total(budget.threads) > budget.bytes) continue;
    selected[i] = true;
    use = with;
  }
  return selected;
}

}  // namespace advae
