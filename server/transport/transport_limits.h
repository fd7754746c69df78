#ifndef ADVAE_SERVER_TRANSPORT_TRANSPORT_LIMITS_H_
#define ADVAE_SERVER_TRANSPORT_TRANSPORT_LIMITS_H_

#include <grpcpp/server_builder.h>

#include <cstdint>

#include "absl/time/time.h"

namespace advae {

// What connections and the calls on them may take. server/options.cc has the flag and range of
// each.
struct TransportLimits {
  // Open at once; more are closed as they come.
  int64_t max_connections = 4096;
  // Calls open at once on one connection. A client is told, and ends its connection with more; one
  // that does not care is cut (ConnectionCalls).
  int64_t max_streams = 1000;
  // A connection without a call is closed after this.
  absl::Duration max_connection_idle = absl::Minutes(10);
  // A connection is closed after this, when its calls have ended or the grace has passed.
  absl::Duration max_connection_age = absl::InfiniteDuration();
  absl::Duration max_connection_age_grace = absl::InfiniteDuration();
  // The server pings a silent client so often, and closes the connection without an answer.
  absl::Duration keepalive_interval = absl::Minutes(1);
  // A client that pings more often without sending anything else is cut at the third such ping.
  absl::Duration min_ping_interval = absl::Seconds(5);
  // A call or connection whose client takes nothing of what is ready for it ends after this.
  absl::Duration max_send_stall = absl::Minutes(1);
  // Metadata of one call, as HTTP/2 counts it: 32 bytes and its name and value for each entry.
  int64_t max_metadata_bytes = 8192;

  // Sets those that gRPC keeps. Also refuses compressed messages, with UNIMPLEMENTED: gRPC 1.51
  // inflates them before it looks at their size.
  void ApplyTo(grpc::ServerBuilder& builder) const;
};

}  // namespace advae

#endif  // ADVAE_SERVER_TRANSPORT_TRANSPORT_LIMITS_H_
