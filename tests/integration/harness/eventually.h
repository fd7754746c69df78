#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_EVENTUALLY_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_EVENTUALLY_H_

#include <concepts>

#include "absl/time/clock.h"
#include "tests/testing/process.h"

namespace advae::testing {

// Asks `condition`, which asks a server, again and again until it is true. False when that does not
// happen within the limit.
template <std::predicate Condition>
bool Eventually(Condition condition) {
  const absl::Time end = absl::Now() + kLimit;
  while (!condition()) {
    if (absl::Now() > end) return false;
  }
  return true;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_EVENTUALLY_H_
