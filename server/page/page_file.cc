#include "server/page/page_file.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/base/sha256.h"
#include "server/page/page_assets.h"

namespace advae {
namespace {

// Scripts, styles, pictures and requests of the page's own origin; in no frame of another page.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

struct File {
  const PageAsset* asset;
  std::string etag;
};

const std::map<std::string_view, File>& Files() {
  static const auto& files = *new std::map<std::string_view, File>([] {
    std::map<std::string_view, File> made;
    for (const PageAsset& asset : PageAssets()) {
      made[asset.path] = {.asset = &asset,
                          .etag = absl::StrCat("\"", Sha256Hex(asset.content).substr(0, 32), "\"")};
    }
    return made;
  }());
  return files;
}

}  // namespace

std::optional<HttpResponse> PageFile(const HttpRequest& request) {
  const auto found = Files().find(request.path);
  if (found == Files().end()) return std::nullopt;
  const File& file = found->second;
  HttpResponse response{.content_type = std::string(file.asset->content_type)};
  response.headers = {{"ETag", file.etag},
                      {"Cache-Control", "no-cache"},
                      {"Content-Security-Policy", kPolicy},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  const auto known = request.headers.find("if-none-match");
  if (known != request.headers.end() && absl::StrContains(known->second, file.etag)) {
    response.status = 304;
  } else {
    response.body = std::string(file.asset->content);
  }
  return response;
}

}  // namespace advae
