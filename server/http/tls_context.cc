#include "server/http/tls_context.h"

#include <boost/asio/buffer.hpp>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/log/log.h"

namespace advae {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

absl::StatusOr<std::shared_ptr<ssl::context>> ContextOf(const TlsKeys& keys) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
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

}  // namespace

std::shared_ptr<ssl::context> TlsContext::Get() {
  std::shared_ptr<const TlsKeys> keys = source_.keys();
  if (keys == keys_) return context_;
  keys_ = std::move(keys);
  absl::StatusOr<std::shared_ptr<ssl::context>> made = ContextOf(*keys_);
  if (made.ok()) {
    context_ = *std::move(made);
  } else {
    Log(LogLevel::kError, "keys not usable for HTTP", {{"reason", made.status().ToString()}});
  }
  return context_;
}

}  // namespace advae
