#include "server/http/http_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/status_macros.h"
#include "server/base/shown_text.h"
#include "server/http/http_error.h"

namespace advae {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

constexpr uint32_t kMaxHeaderBytes = 16 << 10;
// Of a body whose length is not told beforehand.
constexpr uint64_t kMaxChunkedBytes = 1 << 20;
// Of a body that is coming, memory is leased for so much at once, or for as much again as it has.
constexpr uint64_t kFirstBodyBytes = 64 << 10;
constexpr absl::Duration kLinger = absl::Seconds(5);
constexpr size_t kRestBytes = 16 << 10;
constexpr double kSlowestBytesPerSecond = 64 << 10;
constexpr absl::Duration kWatchPause = absl::Milliseconds(100);

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return std::chrono::nanoseconds(absl::ToInt64Nanoseconds(duration));
}

std::string ToText(beast::string_view text) { return {text.data(), text.size()}; }

// Whether all who read the header agree where the body ends. Beast takes what it does not know for
// no coding, and others on the way may not (RFC 9112, section 6.3).
bool HasPlainFraming(const http::request_header<>& header) {
  const size_t codings = header.count(http::field::transfer_encoding);
  if (codings == 0) return true;
  return codings == 1 && header.version() >= 11 &&
         absl::EqualsIgnoreCase(ToText(header[http::field::transfer_encoding]), "chunked");
}

// One connection over a PlainStream or a TlsStream, of the thread of the server alone.
template <typename Stream>
class StreamConnection final : public HttpConnection,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  // `arguments` make the stream.
  template <typename... Arguments>
  explicit StreamConnection(std::shared_ptr<HttpConnections> shared, Arguments&&... arguments)
      : stream_(std::forward<Arguments>(arguments)...),
        watch_(stream_.get_executor()),
        shared_(std::move(shared)) {
    ++shared_->count;
    ErrorCode error;
    const tcp::endpoint peer = socket().remote_endpoint(error);
    if (!error) peer_ = absl::StrCat(peer.address().to_string(), ":", peer.port());
  }
  ~StreamConnection() override {
    Resume();
    --shared_->count;
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
    client_has_gone_->store(true);
    Resume();
    ErrorCode ignored;
    socket().close(ignored);
  }

  void AbortReading() override {
    if (incoming_ != nullptr) Abort();
  }

  void Write(HttpResponse response, bool keep) override {
    incoming_.reset();
    keep = keep && !shared_->draining && !client_has_gone_->load();
    auto lease = std::move(response.lease);
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
                      [self = this->shared_from_this(), message, lease, keep](
                          ErrorCode error, size_t) { self->OnWritten(!error && keep); });
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
    if (error || shared_->draining) return Close();
    if (!HasPlainFraming(parser_->get())) {
      return Refuse(400,
                    "expected no Transfer-Encoding but \"chunked\", once, and not before HTTP/1.1");
    }
    const std::string host = ToText(parser_->get()[http::field::host]);
    if (!shared_->options.hosts.Allow(host)) {
      return Refuse(421, absl::StrCat("this server is not called \"", ShownText(host),
                                      "\"; expected localhost or a name of --http_hosts"));
    }
    TakeHeader();
    const boost::optional<uint64_t> length = parser_->content_length();
    const uint64_t most = MaxBodyBytes();
    parser_->body_limit(most);
    const uint64_t bytes = length ? *length : parser_->chunked() ? most : 0;
    if (bytes > most) return RefuseBody();
    request_ = ++shared_->requests;
    shared_->busy.emplace(request_, this->shared_from_this());
    if (shared_->options.refuse) {
      if (auto refusal = shared_->options.refuse(*incoming_, bytes)) {
        // The body of the next request would have to be found behind this one.
        return Write(*std::move(refusal), keep_ && bytes == 0);
      }
    }
    lease_ = std::make_shared<MemoryLease>(shared_->budget);
    if (const absl::Status status = LeaseFirst(bytes); !status.ok()) {
      return Write(HttpError(status), false);
    }
    body_bytes_ = bytes;
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

  // Of a body of `bytes`, of which none may ever come. There must be room for all of it now.
  absl::Status LeaseFirst(uint64_t bytes) {
    if (bytes > kFirstBodyBytes) {
      ADVAE_RETURN_IF_ERROR(lease_->Grow(bytes));
      lease_->Release();
    }
    return lease_->Grow(std::min(bytes, kFirstBodyBytes));
  }

  // Before more is read than the lease is for.
  absl::Status LeaseMore() {
    const uint64_t held = lease_->held();
    if (parser_->get().body().size() + kFirstBodyBytes / 2 < held) return absl::OkStatus();
    return lease_->Grow(std::min(held, body_bytes_ - held));
  }

  void ReadBody() {
    if (parser_->is_done()) return OnRequest();
    if (const absl::Status status = LeaseMore(); !status.ok()) {
      return Write(HttpError(status), false);
    }
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = this->shared_from_this()](ErrorCode error, size_t) {
                            if (error == http::error::body_limit) return self->RefuseBody();
                            if (error) return self->Close();
                            self->ReadBody();
                          });
  }

  void OnRequest() {
    incoming_->body = std::move(parser_->get().body());
    incoming_->lease = std::move(lease_);
    std::shared_ptr<const HttpRequest> request = std::move(incoming_);
    Resume();
    beast::get_lowest_layer(stream_).expires_never();
    WatchClient();
    // Its last owner must not be elsewhere: the answer knows the connection by number.
    shared_->handler(std::move(request), [mailbox = shared_->mailbox, shared = shared_.get(),
                                          number = request_, keep = keep_](HttpResponse response) {
      mailbox->Post([shared, number, keep, response = std::move(response)]() mutable {
        shared->busy.at(number)->Write(std::move(response), keep);
      });
    });
  }

  // Before the body is read: Beast adds the fields of its trailer, which are no header.
  void TakeHeader() {
    const http::request<http::string_body>& header = parser_->get();
    keep_ = header.keep_alive();
    is_head_ = header.method() == http::verb::head;
    incoming_ = std::make_shared<HttpRequest>();
    incoming_->method = ToText(header.method_string());
    SetTarget(ToText(header.target()), *incoming_);
    for (const auto& field : header) {
      incoming_->headers.emplace(absl::AsciiStrToLower(ToText(field.name_string())),
                                 ToText(field.value()));
    }
    incoming_->peer = peer_;
    incoming_->certificate_names = certificate_names_;
    incoming_->client_has_gone = client_has_gone_;
  }

  // Notes when the client closes its side of the connection while its request is answered.
  void WatchClient() {
    socket().async_wait(tcp::socket::wait_read,
                        [self = this->shared_from_this(), number = request_](ErrorCode error) {
                          if (!error && self->request_ == number) self->OnReadable();
                        });
  }

  void OnReadable() {
    if (ClientHasClosed()) {
      client_has_gone_->store(true);
      return;
    }
    // It sends ahead what is read after the answer, so its end would not show by waiting.
    watch_.expires_after(ToChrono(kWatchPause));
    watch_.async_wait([self = this->shared_from_this(), number = request_](ErrorCode error) {
      if (!error && self->request_ == number) self->OnReadable();
    });
  }

  bool ClientHasClosed() {
    tcp_info info = {};
    socklen_t size = sizeof(info);
    return getsockopt(socket().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           info.tcpi_state != TCP_ESTABLISHED;
  }

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
      // Fails when the client sends on, after it has told the client.
      stream_.async_shutdown([self = this->shared_from_this()](ErrorCode) { self->Linger(); });
    } else {
      Linger();
    }
  }

  void Linger() {
    ErrorCode ignored;
    socket().shutdown(tcp::socket::shutdown_send, ignored);
    rest_.resize(kRestBytes);
    ReadRest();
  }

  void ReadRest() {
    beast::get_lowest_layer(stream_).async_read_some(
        asio::buffer(rest_), [self = this->shared_from_this()](ErrorCode error, size_t) {
          if (!error) self->ReadRest();
        });
  }

  Stream stream_;
  asio::steady_timer watch_;
  const std::shared_ptr<HttpConnections> shared_;
  std::string peer_;
  std::vector<std::string> certificate_names_;
  uint64_t wait_ = 0;  // 0 while the client is not waited for
  beast::flat_buffer buffer_{kMaxHeaderBytes + (64 << 10)};
  std::optional<Parser> parser_;
  std::shared_ptr<HttpRequest> incoming_;  // whose body is being read
  bool keep_ = false;                      // its client wants to send more after it
  uint64_t body_bytes_ = 0;                // that its body may have
  std::shared_ptr<MemoryLease> lease_;     // of the body that is being read
  std::vector<char> rest_;                 // what is not wanted
  bool is_head_ = false;                   // the request wants no body
  uint64_t request_ = 0;                   // that is not answered; 0 for none
  const std::shared_ptr<std::atomic<bool>> client_has_gone_ =
      std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

void BeginHttpConnection(std::shared_ptr<HttpConnections> connections, tcp::socket socket,
                         ssl::context* tls) {
  if (tls == nullptr) {
    std::make_shared<StreamConnection<PlainStream>>(std::move(connections), std::move(socket))
        ->Begin();
  } else {
    std::make_shared<StreamConnection<TlsStream>>(std::move(connections), std::move(socket), *tls)
        ->Begin();
  }
}

}  // namespace advae
