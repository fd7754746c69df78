#ifndef ADVAE_SERVER_HTTP_HTTP_SERVER_H_
#define ADVAE_SERVER_HTTP_HTTP_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/messages/memory_budget.h"

namespace advae {

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // decoded, without the query
  // Parameters of the query by name, decoded; of one that is there twice the first.
  std::map<std::string, std::string> query;
  // By name in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
  std::string peer;  // IP:PORT
  // Holds the memory of the body; what belongs to the request may be added.
  std::shared_ptr<MemoryLease> lease;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct HttpOptions {
  // One more is closed at once.
  size_t max_connections = 256;
  uint64_t max_body_bytes = 64 << 20;
  // Between requests, for a header to arrive, and for a client to go on reading an answer.
  absl::Duration idle_limit = absl::Seconds(30);
  // Beyond that, a body has a second for each 64 KiB.
  absl::Duration body_limit = absl::Seconds(30);
};

// Serves HTTP/1.1 with kept connections. One thread does all input and output and waits for no
// connection; no connection can hold up others or take memory that the budget does not have.
// Thread-safe.
class HttpServer {
 public:
  // Is called once for each request, on any thread.
  using Answer = std::function<void(HttpResponse)>;
  // Called on the thread of the server: must not block. Calls `answer` then or later.
  using Handler = std::function<void(std::shared_ptr<const HttpRequest> request, Answer answer)>;

  // Listens on HOST:PORT; port 0 picks a free one. `budget` outlives the server. kUnavailable when
  // the address cannot be had.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& address,
                                                           const HttpOptions& options,
                                                           MemoryBudget& budget, Handler handler);
  // Closes all connections, also those with a request that is not answered.
  virtual ~HttpServer() = default;

  virtual uint16_t port() const = 0;

  // Takes no more connections and requests, and waits until those in flight are answered, at most
  // for `limit`.
  virtual void Drain(absl::Duration limit) = 0;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_HTTP_SERVER_H_
