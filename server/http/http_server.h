#ifndef ADVAE_SERVER_HTTP_HTTP_SERVER_H_
#define ADVAE_SERVER_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "server/http/allowed_hosts.h"
#include "server/http/http_message.h"
#include "server/messages/memory_budget.h"
#include "server/transport/listening_socket.h"
#include "server/transport/tls_keys.h"

namespace advae {

struct HttpOptions {
  // For one more, the one is ended that has waited longest for its client.
  size_t max_connections = 256;
  uint64_t max_body_bytes = 64 << 20;
  // Between requests, for a header to arrive, and for a client to go on reading an answer.
  absl::Duration idle_limit = absl::Seconds(30);
  // Beyond that, a body has a second for each 64 KiB.
  absl::Duration body_limit = absl::Seconds(30);
  // Who calls the server by another name gets 421.
  AllowedHosts hosts = {};
  // TLS with these keys, which outlive the server. Null: none.
  const TlsKeySource* tls = nullptr;
  // Looks at a request before its body is read, of which there may be `body_bytes`; what it returns
  // is the answer, and the body is not wanted. Called on the thread of the server: must not block.
  // Null: all may go on.
  std::function<std::optional<HttpResponse>(const HttpRequest& header, uint64_t body_bytes)>
      refuse = nullptr;
};

// Serves HTTP/1.1 with kept connections, over TLS 1.2 or later where it is given keys. One thread
// does all input and output and waits for no connection; no connection can hold up others or take
// memory that the budget does not have. Thread-safe.
class HttpServer {
 public:
  // Is called once for each request, on any thread.
  using Answer = std::function<void(HttpResponse)>;
  // Called on the thread of the server: must not block. Calls `answer` then or later.
  using Handler = std::function<void(std::shared_ptr<const HttpRequest> request, Answer answer)>;

  // Serves those who come to the sockets. `budget` outlives the server.
  static std::unique_ptr<HttpServer> Start(ListeningSockets listening, const HttpOptions& options,
                                           MemoryBudget& budget, Handler handler);
  // Closes all connections, also those with a request that is not answered.
  virtual ~HttpServer() = default;

  virtual uint16_t port() const = 0;

  // Takes no more connections and requests. A request that is still coming has another second.
  virtual void BeginDrain() = 0;
  // Waits until the requests in flight are answered, at most for `limit`. After BeginDrain.
  virtual void WaitUntilDrained(absl::Duration limit) = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_HTTP_SERVER_H_
