#ifndef ADVAE_SERVER_PAGE_PAGE_FILE_H_
#define ADVAE_SERVER_PAGE_PAGE_FILE_H_

#include <optional>

#include "server/http/http_message.h"

namespace advae {

// The page at / or one of its files below /page/, which the build embeds from web/; nothing when
// there is none at the path. Browsers keep files and ask whether they have changed (ETag); the page
// may load nothing from elsewhere and run no scripts but its own (Content-Security-Policy).
std::optional<HttpResponse> PageFile(const HttpRequest& request);

}  // namespace advae

#endif  // ADVAE_SERVER_PAGE_PAGE_FILE_H_
