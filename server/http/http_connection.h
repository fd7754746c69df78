#ifndef ADVAE_SERVER_HTTP_HTTP_CONNECTION_H_
#define ADVAE_SERVER_HTTP_HTTP_CONNECTION_H_

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "server/http/http_message.h"
#include "server/http/http_server.h"
#include "server/http/mailbox.h"
#include "server/messages/memory_budget.h"

namespace advae {

// A connection of a HttpServer, for the thread of the server alone.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;

  // Answers the request, and reads the next one if `keep` says so.
  virtual void Write(HttpResponse response, bool keep) = 0;
  // Ends it, whatever it is doing.
  virtual void Abort() = 0;
  // Ends it if the body of its request is still coming.
  virtual void AbortReading() = 0;
};

// What the connections of a HttpServer share. For the thread of the server alone, but for
// `mailbox`.
struct HttpConnections {
  const HttpOptions options;
  MemoryBudget& budget;
  const HttpServer::Handler handler;
  const std::shared_ptr<Mailbox> mailbox;  // to that thread

  size_t count = 0;
  // Those with a request whose header has come and whose answer has not gone, by its number.
  std::map<uint64_t, std::shared_ptr<HttpConnection>> busy = {};
  uint64_t requests = 0;
  // Those that wait for their clients to send or to read, by when that began.
  std::map<uint64_t, HttpConnection*> waiting = {};
  uint64_t waits = 0;
  // Takes no more requests; calls `on_idle`, if it is set, when the last one is answered.
  bool draining = false;
  std::function<void()> on_idle = nullptr;
};

// Serves a client; with TLS unless `tls` is null. The connection keeps itself alive until it ends.
void BeginHttpConnection(std::shared_ptr<HttpConnections> connections,
                         boost::asio::ip::tcp::socket socket, boost::asio::ssl::context* tls);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_HTTP_CONNECTION_H_
