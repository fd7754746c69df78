#ifndef ADVAE_TESTS_BENCH_ECHO_COMMAND_H_
#define ADVAE_TESTS_BENCH_ECHO_COMMAND_H_

#include "absl/status/status.h"

namespace advae {

// A bare gRPC server to compare advae-server with: answers Score with a response of the size that a
// scored request would get, and does nothing else. Asynchronous, on a completion queue and thread
// for each core. Prints "listening grpc=HOST:PORT", a free port of loopback, and runs until it is
// killed.
absl::Status RunEcho();

}  // namespace advae

#endif  // ADVAE_TESTS_BENCH_ECHO_COMMAND_H_
