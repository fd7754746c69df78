#ifndef ADVAE_SERVER_MONITORING_METRICS_SERVER_H_
#define ADVAE_SERVER_MONITORING_METRICS_SERVER_H_

#include <poll.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "model/base/file_descriptor.h"
#include "server/transport/listening_socket.h"

namespace advae {

// Answers GET and HEAD of /metrics over HTTP/1.1, one request a connection. One thread serves all
// connections and waits for none of them. A connection has ten seconds, and one more than
// kMaxConnections ends the oldest, so that nobody who is silent or slow keeps a scraper out.
class MetricsServer {
 public:
  static constexpr size_t kMaxConnections = 16;

  // Listens on IP:PORT. `page` makes the text of an answer and is called on the server's thread.
  // kUnavailable when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                              std::function<std::string()> page);
  ~MetricsServer();

  uint16_t port() const { return listening_.port; }

 private:
  struct Connection {
    FileDescriptor socket;
    absl::Time end;  // steady
    std::string request = {};
    std::string answer = {};  // empty until the request is complete
    size_t sent = 0;
  };

  MetricsServer(ListeningSockets listening, FileDescriptor stop, std::function<std::string()> page);

  void Serve();
  // What to wait for: stop_, listeners, connections, in this order.
  std::vector<pollfd> Awaited() const;
  void Accept(int listener);
  // Goes on with a connection that is ready; false at its end.
  bool Advance(Connection& connection);
  // The same while the request arrives, while the answer goes out, and after that.
  bool Read(Connection& connection);
  bool Write(Connection& connection);
  std::string AnswerTo(const std::string& request) const;

  const ListeningSockets listening_;
  const FileDescriptor stop_;  // readable once the server is to stop
  const std::function<std::string()> page_;
  std::list<Connection> connections_;  // oldest first
  std::thread thread_;                 // last: it uses the others
};

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_METRICS_SERVER_H_
