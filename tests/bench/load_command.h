#ifndef ADVAE_TESTS_BENCH_LOAD_COMMAND_H_
#define ADVAE_TESTS_BENCH_LOAD_COMMAND_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace advae {

struct LoadOptions {
  std::string server;  // HOST:PORT
  std::string model;
  std::string data;  // CSV file whose rows are sent, again and again
  int rows = 1;      // of a request
  int in_flight = 16;
  bool stream = false;     // one ScoreStream call instead of Score calls
  std::string tls_ca;      // file of the authority of the server's certificate; empty: no TLS
  std::string token_file;  // empty: no token
  bool retry = false;      // failed Score calls by the default RetryPolicy, as advae::Client does
  double seconds = 3;
  std::optional<uint64_t> requests;  // ends after as many, however long that takes
};

// Sends score requests, `in_flight` of them open at a time, and prints a line of JSON: rows,
// in_flight, requests, seconds, requests_per_second, rows_per_second, p50_microseconds and
// p99_microseconds of the time from sending a request to having its response. One thread; requests
// are serialised once and responses not parsed but for the first, so that the client costs little.
//
// The first request that fails, also when tried again, ends it with that error; so does a response
// with the wrong number of scores.
absl::Status RunLoad(const LoadOptions& options);

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_LOAD_COMMAND_H_
