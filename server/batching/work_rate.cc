#include "server/batching/work_rate.h"

#include <cmath>

namespace advae {
namespace {

// Seconds of work after which a measurement has 1/e of its weight.
constexpr double kMemorySeconds = 0.1;

}  // namespace

void WorkRate::Add(double multiply_adds, absl::Duration elapsed, absl::Time now) {
  const double seconds = absl::ToDoubleSeconds(elapsed);
  if (!(multiply_adds > 0 && seconds > 0)) return;
  const double kept = std::exp(-seconds / kMemorySeconds);
  const double weight = kMemorySeconds * (1 - kept);
  multiply_adds_ = multiply_adds_ * kept + weight * multiply_adds / seconds;
  seconds_ = seconds_ * kept + weight;
  last_ = now;
}

}  // namespace advae
