#ifndef ADVAE_TESTS_BENCH_OVERLOAD_COMMAND_H_
#define ADVAE_TESTS_BENCH_OVERLOAD_COMMAND_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace advae {

struct OverloadOptions {
  std::string server;  // HOST:PORT
  std::string model;
  std::string data;  // CSV file whose rows are sent, again and again
  int rows = 256;    // of a request
  int in_flight = 16;
  std::optional<absl::Duration> deadline = absl::Milliseconds(100);  // of each request
  // Rates to send at, as multiples of the peak.
  std::vector<double> factors = {1, 2, 3};
  double seconds = 3;  // of each measurement
};

// Measures what a server does when more is asked of it than it can do. First finds the peak: Score
// calls a second that are answered with `in_flight` of them open at a time, without deadlines.
// Then sends at multiples of it, whatever becomes of the calls: an open loop. All that over one
// connection; over another, one call at a time, ten milliseconds after the last was answered, tells
// what the load does to others. After each load it goes on alone, to see how soon the server is
// well again.
//
// Prints a line of JSON for the peak and for each rate: factor (0 for the peak), sent_per_second,
// goodput (calls a second that were answered in time), share (of the peak), refused and expired (a
// second), p50_ms and p99_ms of the answered calls, accepted_p99_ms (of all that were not refused;
// an expired one counts as its deadline), others_p50_ms and others_p99_ms, others_failed (a share),
// and recovery_ms (from the end of the load to the first of ten answers in a row of the other
// caller).
//
// Errors other than RESOURCE_EXHAUSTED and DEADLINE_EXCEEDED end it.
absl::Status RunOverload(const OverloadOptions& options);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_OVERLOAD_COMMAND_H_
