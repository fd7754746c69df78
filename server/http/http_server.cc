#include "server/http/http_server.h"

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <string_view>
#include <thread>
#include <type_traits>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "server/base/steady_notification.h"
#include "server/http/http_error.h"
#include "server/log/log.h"

namespace advae {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr uint32_t kMaxHeaderBytes = 16 << 10;
// Of a body whose length is not told beforehand.
constexpr uint64_t kMaxChunkedBytes = 1 << 20;
constexpr absl::Duration kLinger = absl::Seconds(5);
constexpr size_t kRestBytes = 16 << 10;
constexpr double kSlowestBytesPerSecond = 64 << 10;

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return std::chrono::nanoseconds(absl::ToInt64Nanoseconds(duration));
}

int HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A part of a request target, decoded; what is no code stays as it is.
std::string Decoded(std::string_view encoded) {
  std::string text;
  for (size_t i = 0; i < encoded.size(); ++i) {
    const int high = encoded[i] == '%' && i + 2 < encoded.size() ? HexOf(encoded[i + 1]) : -1;
    const int low = high >= 0 ? HexOf(encoded[i + 2]) : -1;
    if (low < 0) {
      text += encoded[i];
      continue;
    }
    text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return text;
}

std::map<std::string, std::string> QueryOf(std::string_view target) {
  std::map<std::string, std::string> query;
  const size_t start = target.find('?');
  if (start == std::string_view::npos) return query;
  const std::string_view text = target.substr(start + 1);
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), '&', absl::SkipEmpty());
  for (const std::string_view part : parts) {
    const size_t equals = part.find('=');
    query.emplace(Decoded(part.substr(0, equals)),
                  equals == std::string_view::npos ? "" : Decoded(part.substr(equals + 1)));
  }
  return query;
}

// The way of answers, from any thread to the thread of the server, as long as that lives.
class Mailbox {
 public:
  explicit Mailbox(asio::io_context& context) : context_(&context) {}

  // Has the thread of the server call `work`, unless it has ended.
  template <typename Work>
  void Post(Work work) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);  // queues the work and no more
    if (context_ != nullptr) asio::post(*context_, std::move(work));
  }
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
  }

 private:
  absl::Mutex mutex_;
  asio::io_context* context_ ABSL_GUARDED_BY(mutex_);
};

// What answers and the server see of a connection.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual void Write(HttpResponse response, bool keep) = 0;
  // Ends it, whatever it is doing.
  virtual void Abort() = 0;
};

// What connections share.
struct Shared {
  const HttpOptions options;
  MemoryBudget& budget;
  const HttpServer::Handler handler;
  const std::shared_ptr<Mailbox> mailbox;
  // The others are of the thread of the server alone. Connections with a request whose header has
  // come and whose answer has not gone, by number.
  std::map<uint64_t, std::shared_ptr<Connection>> busy = {};
  uint64_t requests = 0;
  // Those that wait for their clients to send or to read, by when that began.
  std::map<uint64_t, Connection*> waiting = {};
  uint64_t waits = 0;
  bool draining = false;
  size_t connections = 0;
  std::function<void()> on_idle = nullptr;  // while draining, when the last request is answered
};

// The context of TLS connections with certain keys.
absl::StatusOr<std::shared_ptr<ssl::context>> ContextOf(const TlsKeys& keys) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ErrorCode error;
  context->use_certificate_chain(asio::buffer(keys.cert), error);
  if (!error) context->use_private_key(asio::buffer(keys.key), ssl::context::pem, error);
  if (!error && !keys.client_ca.empty()) {
    context->add_certificate_authority(asio::buffer(keys.client_ca), error);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
    // Only sessions of this name are resumed where clients have certificates.
    constexpr unsigned char kSessions[] = "advae";
    SSL_CTX_set_session_id_context(context->native_handle(), kSessions, sizeof(kSessions) - 1);
  }
  if (error) return absl::InvalidArgumentError(error.message());
  return context;
}

using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// One connection over a PlainStream or a TlsStream, of the thread of the server alone.
template <typename Stream>
class StreamConnection final : public Connection,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  // `arguments` make the stream.
  template <typename... Arguments>
  explicit StreamConnection(std::shared_ptr<Shared> shared, Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...), shared_(std::move(shared)) {
    ++shared_->connections;
    ErrorCode error;
    const tcp::endpoint peer = socket().remote_endpoint(error);
    if (!error) peer_ = absl::StrCat(peer.address().to_string(), ":", peer.port());
  }
  ~StreamConnection() override {
    Resume();
    --shared_->connections;
  }

  void Begin() {
    if constexpr (kIsTls) {
      Await(shared_->options.idle_limit);
      stream_.async_handshake(ssl::stream_base::server,
                              [self = this->shared_from_this()](ErrorCode error) {
                                if (error) return self->Abort();
                                self->NoteCertificate();
                                self->ReadHeader();
                              });
    } else {
      ReadHeader();
    }
  }

  void Abort() override {
    Resume();
    ErrorCode ignored;
    socket().close(ignored);
  }

  void Write(HttpResponse response, bool keep) override {
    keep = keep && !shared_->draining;
    auto message = std::make_shared<http::response<http::string_body>>(
        static_cast<http::status>(response.status), 11, std::move(response.body));
    message->set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) message->set(name, value);
    message->keep_alive(keep);
    message->prepare_payload();
    // Told, and not sent: it would be taken for the next answer.
    if (std::exchange(is_head_, false)) message->body().clear();
    Await(shared_->options.idle_limit +
          absl::Seconds(static_cast<double>(message->body().size()) / kSlowestBytesPerSecond));
    http::async_write(stream_, *message,
                      [self = this->shared_from_this(), message, keep](ErrorCode error, size_t) {
                        self->OnWritten(!error && keep);
                      });
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;
  using Parser = http::request_parser<http::string_body>;

  tcp::socket& socket() { return beast::get_lowest_layer(stream_).socket(); }

  // The client has `limit` for what comes next.
  void Await(absl::Duration limit) {
    Resume();
    wait_ = ++shared_->waits;
    shared_->waiting.emplace(wait_, this);
    beast::get_lowest_layer(stream_).expires_after(ToChrono(limit));
  }
  // It is not the client that is waited for.
  void Resume() { shared_->waiting.erase(std::exchange(wait_, 0)); }

  void NoteCertificate() {
    if constexpr (kIsTls) {
      const std::unique_ptr<X509, decltype(&X509_free)> certificate(
          SSL_get1_peer_certificate(stream_.native_handle()), &X509_free);
      if (certificate != nullptr) certificate_names_ = NamesIn(*certificate);
    }
  }

  void ReadHeader() {
    if (shared_->draining) return Close();
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(shared_->options.max_body_bytes);
    Await(shared_->options.idle_limit);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](ErrorCode error, size_t) { self->OnHeader(error); });
  }

  void OnHeader(ErrorCode error) {
    if (error == http::error::header_limit) {
      return Refuse(431, absl::StrCat("the header is longer than ", kMaxHeaderBytes, " bytes"));
    }
    if (error == http::error::body_limit) return RefuseBody();
    if (error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return Refuse(400, "not an HTTP request");
    }
    if (error) return Close();
    const boost::optional<uint64_t> length = parser_->content_length();
    const uint64_t most = MaxBodyBytes();
    parser_->body_limit(most);
    const uint64_t bytes = length ? *length : parser_->chunked() ? most : 0;
    if (bytes > most) return RefuseBody();
    request_ = ++shared_->requests;
    shared_->busy.emplace(request_, this->shared_from_this());
    lease_ = std::make_shared<MemoryLease>(shared_->budget);
    if (const absl::Status status = lease_->Grow(bytes); !status.ok()) {
      return Write(HttpError(status), false);
    }
    Await(shared_->options.body_limit +
          absl::Seconds(static_cast<double>(bytes) / kSlowestBytesPerSecond));
    if (absl::EqualsIgnoreCase(ToText(parser_->get()[http::field::expect]), "100-continue")) {
      return Invite();
    }
    ReadBody();
  }

  // Tells a client that asks beforehand that its body is welcome.
  void Invite() {
    auto invitation = std::make_shared<http::response<http::empty_body>>(http::status::continue_,
                                                                         parser_->get().version());
    http::async_write(stream_, *invitation,
                      [self = this->shared_from_this(), invitation](ErrorCode error, size_t) {
                        if (error) return self->Close();
                        self->ReadBody();
                      });
  }

  void ReadBody() {
    http::async_read(
        stream_, buffer_, *parser_,
        [self = this->shared_from_this()](ErrorCode error, size_t) { self->OnRequest(error); });
  }

  void OnRequest(ErrorCode error) {
    if (error == http::error::body_limit) return RefuseBody();
    if (error) return Close();
    auto request = std::make_shared<HttpRequest>();
    http::request<http::string_body> message = parser_->release();
    request->method = ToText(message.method_string());
    const std::string target = ToText(message.target());
    request->path = Decoded(target.substr(0, target.find('?')));
    request->query = QueryOf(target);
    for (const auto& field : message) {
      request->headers.emplace(absl::AsciiStrToLower(ToText(field.name_string())),
                               ToText(field.value()));
    }
    request->body = std::move(message.body());
    request->peer = peer_;
    request->certificate_names = certificate_names_;
    request->lease = std::move(lease_);
    const bool keep = message.keep_alive();
    is_head_ = message.method() == http::verb::head;
    Resume();
    beast::get_lowest_layer(stream_).expires_never();
    // Its last owner must not be elsewhere: the answer knows the connection by number.
    shared_->handler(std::move(request), [mailbox = shared_->mailbox, shared = shared_.get(),
                                          number = request_, keep](HttpResponse response) {
      mailbox->Post([shared, number, keep, response = std::move(response)]() mutable {
        shared->busy.at(number)->Write(std::move(response), keep);
      });
    });
  }

  static std::string ToText(beast::string_view text) { return {text.data(), text.size()}; }

  uint64_t MaxBodyBytes() const {
    const uint64_t most = shared_->options.max_body_bytes;
    return parser_->chunked() ? std::min(most, kMaxChunkedBytes) : most;
  }

  void RefuseBody() {
    Refuse(413, absl::StrCat("the body is larger than ", MaxBodyBytes(), " bytes"));
  }

  // The connection is of no use after a request that was not read.
  void Refuse(int status, const std::string& message) {
    Write({.status = status, .body = ErrorBody(message)}, false);
  }

  void OnWritten(bool keep) {
    EndRequest();
    if (keep) return ReadHeader();
    Close();
  }

  void EndRequest() {
    shared_->busy.erase(std::exchange(request_, 0));
    if (shared_->busy.empty() && shared_->on_idle) shared_->on_idle();
  }

  // What a client goes on sending is read for a while: closing at once would reset the connection
  // and cut the answer.
  void Close() {
    EndRequest();
    Await(kLinger);
    if constexpr (kIsTls) {
      stream_.async_shutdown([self = this->shared_from_this()](ErrorCode) { self->Abort(); });
    } else {
      ErrorCode ignored;
      socket().shutdown(tcp::socket::shutdown_send, ignored);
      rest_.resize(kRestBytes);
      ReadRest();
    }
  }

  void ReadRest() {
    stream_.async_read_some(asio::buffer(rest_),
                            [self = this->shared_from_this()](ErrorCode error, size_t) {
                              if (!error) self->ReadRest();
                            });
  }

  Stream stream_;
  const std::shared_ptr<Shared> shared_;
  std::string peer_;
  std::vector<std::string> certificate_names_;
  uint64_t wait_ = 0;  // 0 while the client is not waited for
  beast::flat_buffer buffer_{kMaxHeaderBytes + (64 << 10)};
  std::optional<Parser> parser_;
  std::shared_ptr<MemoryLease> lease_;  // of the body that is being read
  std::vector<char> rest_;              // what is not wanted
  bool is_head_ = false;                // the request wants no body
  uint64_t request_ = 0;                // that is not answered; 0 for none
};

class BeastServer final : public HttpServer {
 public:
  BeastServer(ListeningSockets listening, const HttpOptions& options, MemoryBudget& budget,
              Handler handler)
      : port_(listening.port),
        shared_(std::make_shared<Shared>(Shared{.options = options,
                                                .budget = budget,
                                                .handler = std::move(handler),
                                                .mailbox = std::make_shared<Mailbox>(context_)})) {
    for (FileDescriptor& socket : listening.sockets) {
      auto acceptor = std::make_unique<tcp::acceptor>(context_);
      acceptor->assign(IsIpv6(socket.get()) ? tcp::v6() : tcp::v4(), socket.Release());
      acceptors_.push_back(std::move(acceptor));
    }
    for (const auto& acceptor : acceptors_) Accept(*acceptor);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~BeastServer() override {
    shared_->mailbox->Close();
    context_.stop();
    thread_.join();
    shared_->busy.clear();
  }

  uint16_t port() const override { return port_; }

  void Drain(absl::Duration limit) override {
    SteadyNotification idle;
    asio::post(context_, [this, &idle] {
      shared_->draining = true;
      for (const auto& acceptor : acceptors_) {
        ErrorCode ignored;
        acceptor->close(ignored);
      }
      shared_->on_idle = [&idle] { idle.Notify(); };
      if (shared_->busy.empty()) idle.Notify();
    });
    idle.WaitFor(limit);
    // The notification is not touched any more afterwards.
    std::promise<void> forgotten;
    asio::post(context_, [this, &forgotten] {
      shared_->on_idle = nullptr;
      forgotten.set_value();
    });
    forgotten.get_future().wait();
  }

 private:
  static bool IsIpv6(int socket) {
    sockaddr_storage address = {};
    socklen_t size = sizeof(address);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return address.ss_family == AF_INET6;
  }

  void Accept(tcp::acceptor& acceptor) {
    acceptor.async_accept([this, &acceptor](ErrorCode error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (error) {
        // No descriptor is left, perhaps: give others time to end.
        pause_.expires_after(std::chrono::milliseconds(50));
        return pause_.async_wait([this, &acceptor](ErrorCode stopped) {
          if (!stopped) Accept(acceptor);
        });
      }
      Serve(std::move(socket));
      Accept(acceptor);
    });
  }

  // Begins a connection if there is room, which it may make.
  void Serve(tcp::socket socket) {
    if (shared_->connections >= shared_->options.max_connections) {
      if (shared_->waiting.empty()) return;
      shared_->waiting.begin()->second->Abort();
    }
    if (shared_->options.tls == nullptr) {
      return std::make_shared<StreamConnection<PlainStream>>(shared_, std::move(socket))->Begin();
    }
    if (const std::shared_ptr<ssl::context> context = Context(); context != nullptr) {
      std::make_shared<StreamConnection<TlsStream>>(shared_, std::move(socket), *context)->Begin();
    }
  }

  // Of the keys as they are now. Keys are checked before they get here, but OpenSSL has the last
  // word: then those before them stay in use.
  std::shared_ptr<ssl::context> Context() {
    std::shared_ptr<const TlsKeys> keys = shared_->options.tls->keys();
    if (keys == keys_) return context_of_keys_;
    keys_ = std::move(keys);
    absl::StatusOr<std::shared_ptr<ssl::context>> made = ContextOf(*keys_);
    if (made.ok()) {
      context_of_keys_ = *std::move(made);
    } else {
      Log(LogLevel::kError, "keys not usable for HTTP", {{"reason", made.status().ToString()}});
    }
    return context_of_keys_;
  }

  const uint16_t port_;
  asio::io_context context_{1};
  // The thread goes on while all that there is to do is to wait for answers from elsewhere.
  const asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  const std::shared_ptr<Shared> shared_;
  asio::steady_timer pause_{context_};
  std::shared_ptr<const TlsKeys> keys_;  // those of the context
  std::shared_ptr<ssl::context> context_of_keys_;
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors_;
  std::thread thread_;
};

}  // namespace

Credentials CredentialsOf(const HttpRequest& request) {
  const auto authorization = request.headers.find("authorization");
  return {.authorization =
              authorization == request.headers.end() ? std::string_view() : authorization->second,
          .certificate_names = request.certificate_names};
}

std::unique_ptr<HttpServer> HttpServer::Start(ListeningSockets listening,
                                              const HttpOptions& options, MemoryBudget& budget,
                                              Handler handler) {
  return std::make_unique<BeastServer>(std::move(listening), options, budget, std::move(handler));
}

}  // namespace advae
