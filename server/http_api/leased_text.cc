#include "server/http_api/leased_text.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "server/http/http_error.h"

namespace advae {
namespace {

constexpr size_t kFirstBytes = 4096;

}  // namespace

void LeasedText::Append(std::string_view text) {
  if (!status_.ok()) return;
  if (text_.size() + text.size() > leased_) {
    // What it moves from is still there meanwhile.
    const size_t wanted = std::max({2 * leased_, text_.size() + text.size(), kFirstBytes});
    status_ = lease_->Grow(wanted);
    if (!status_.ok()) return;
    leased_ = wanted;
    text_.reserve(wanted);
  }
  text_.append(text);
}

HttpResponse LeasedText::TakeResponse() {
  if (!status_.ok()) return HttpError(status_);
  return {.body = std::exchange(text_, {}), .lease = lease_};
}

}  // namespace advae
