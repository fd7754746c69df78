#include "server/transport/transport_limits.h"

#include <grpc/compression.h>
#include <grpc/grpc.h>

#include <algorithm>
#include <limits>

namespace advae {
namespace {

constexpr absl::Duration kHandshakeTimeout = absl::Seconds(10);
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(20);
constexpr int kMaxPingStrikes = 2;

// gRPC takes the largest number for no limit.
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(
      std::min<int64_t>(absl::ToInt64Milliseconds(duration), std::numeric_limits<int>::max()));
}

}  // namespace

void TransportLimits::ApplyTo(grpc::ServerBuilder& builder) const {
  const auto set = [&builder](const char* name, int value) {
    builder.AddChannelArgument(name, value);
  };
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(kHandshakeTimeout));
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(max_streams));
  set(GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(max_metadata_bytes));
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(max_connection_idle));
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(max_connection_age));
  set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(max_connection_age_grace));
  set(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(keepalive_interval));
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(std::min(kKeepaliveTimeout, keepalive_interval)));
  // Also pings of a client that has no call open are welcome, as proxies send them.
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, Milliseconds(min_ping_interval));
  set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kMaxPingStrikes);
}

}  // namespace advae
