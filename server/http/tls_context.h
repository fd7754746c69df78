#ifndef ADVAE_SERVER_HTTP_TLS_CONTEXT_H_
#define ADVAE_SERVER_HTTP_TLS_CONTEXT_H_

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "server/transport/tls_keys.h"

namespace advae {

// The context of new TLS connections, while keys change. For one thread.
class TlsContext {
 public:
  // `source` outlives it.
  explicit TlsContext(const TlsKeySource& source) : source_(source) {}

  // That of the keys as they are now. Keys are checked before they get here, but OpenSSL has the
  // last word: when it refuses them, those before stay in use. Null when there were none.
  std::shared_ptr<boost::asio::ssl::context> Get();

 private:
  const TlsKeySource& source_;
  std::shared_ptr<const TlsKeys> keys_;  // those that were tried last
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_TLS_CONTEXT_H_
