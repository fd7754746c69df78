#ifndef ADVAE_SERVER_PAGE_PAGE_ASSETS_H_
#define ADVAE_SERVER_PAGE_PAGE_ASSETS_H_

#include <span>
#include <string_view>

namespace advae {

// A file of the page.
struct PageAsset {
  std::string_view path;  // of the request: "/page/page.css"
  std::string_view content_type;
  std::string_view content;
};

// All of them, generated from web/ and Debian's Chart.js.
std::span<const PageAsset> PageAssets();

}  // namespace advae

#endif  // ADVAE_SERVER_PAGE_PAGE_ASSETS_H_
