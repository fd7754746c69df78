#include "server/http/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/steady_notification.h"
#include "server/http/http_connection.h"
#include "server/http/mailbox.h"
#include "server/http/tls_context.h"

namespace advae {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

class BeastServer final : public HttpServer {
 public:
  BeastServer(ListeningSockets listening, const HttpOptions& options, MemoryBudget& budget,
              Handler handler)
      : port_(listening.port),
        shared_(std::make_shared<HttpConnections>(
            HttpConnections{.options = options,
                            .budget = budget,
                            .handler = std::move(handler),
                            .mailbox = std::make_shared<Mailbox>(context_)})) {
    if (options.tls != nullptr) tls_.emplace(*options.tls);
    for (FileDescriptor& socket : listening.sockets) {
      auto listener = std::make_unique<Listener>(context_);
      listener->acceptor.assign(IsIpv6(socket.get()) ? tcp::v6() : tcp::v4(), socket.Release());
      listeners_.push_back(std::move(listener));
    }
    for (const auto& listener : listeners_) Accept(*listener);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~BeastServer() override {
    shared_->mailbox->Close();
    context_.stop();
    thread_.join();
    // Nobody reads the answers that are still being made.
    for (const auto& [number, connection] : shared_->busy) connection->Abort();
    shared_->busy.clear();
  }

  uint16_t port() const override { return port_; }

  void BeginDrain() override {
    asio::post(context_, [this] {
      shared_->draining = true;
      for (const auto& listener : listeners_) {
        ErrorCode ignored;
        listener->acceptor.close(ignored);
      }
      reading_limit_.expires_after(kReadingLimit);
      reading_limit_.async_wait([this](ErrorCode error) {
        if (error) return;
        for (const auto& [number, connection] : shared_->busy) connection->AbortReading();
      });
      shared_->on_idle = [this] { drained_.Notify(); };
      if (shared_->busy.empty()) drained_.Notify();
    });
  }
  void WaitUntilDrained(absl::Duration limit) override { drained_.WaitFor(limit); }

 private:
  // How long a request may still be coming when the server is to stop.
  static constexpr std::chrono::seconds kReadingLimit{1};

  struct Listener {
    explicit Listener(asio::io_context& context) : acceptor(context), pause(context) {}

    tcp::acceptor acceptor;
    asio::steady_timer pause;  // of this one alone: to set a timer ends its wait
  };

  static bool IsIpv6(int socket) {
    sockaddr_storage address = {};
    socklen_t size = sizeof(address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return address.ss_family == AF_INET6;
  }

  void Accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](ErrorCode error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !listener.acceptor.is_open()) return;
      if (error) {
        // No descriptor is left, perhaps: give others time to end.
        listener.pause.expires_after(std::chrono::milliseconds(50));
        return listener.pause.async_wait([this, &listener](ErrorCode stopped) {
          if (!stopped) Accept(listener);
        });
      }
      Serve(std::move(socket));
      Accept(listener);
    });
  }

  // Begins a connection if there is room, which it may make.
  void Serve(tcp::socket socket) {
    if (shared_->count >= shared_->options.max_connections) {
      if (shared_->waiting.empty()) return;
      shared_->waiting.begin()->second->Abort();
    }
    if (!tls_) return BeginHttpConnection(shared_, std::move(socket), nullptr);
    if (const std::shared_ptr<asio::ssl::context> context = tls_->Get(); context != nullptr) {
      BeginHttpConnection(shared_, std::move(socket), context.get());
    }
  }

  const uint16_t port_;
  asio::io_context context_{1};
  // The thread goes on while all that there is to do is to wait for answers from elsewhere.
  const asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  const std::shared_ptr<HttpConnections> shared_;
  asio::steady_timer reading_limit_{context_};
  SteadyNotification drained_;
  std::optional<TlsContext> tls_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<HttpServer> HttpServer::Start(ListeningSockets listening,
                                              const HttpOptions& options, MemoryBudget& budget,
                                              Handler handler) {
  return std::make_unique<BeastServer>(std::move(listening), options, budget, std::move(handler));
}

}  // namespace advae
