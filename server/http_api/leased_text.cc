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
  if (text_.size() + text.size() > lease_->held()) {
    const size_t wanted = std::max(
        {2 * static_cast<size_t>(lease_->held()), text_.size() + text.size(), kFirstBytes});
    // What it moves from is still there meanwhile.
    MemoryLease larger(budget_);
    status_ = larger.Grow(wanted);
    if (!status_.ok()) return;
    text_.reserve(wanted);
    *lease_ = std::move(larger);
  }
  text_.append(text);
}

HttpResponse LeasedText::TakeResponse() {
  if (!status_.ok()) return HttpError(status_);
  return {.body = std::exchange(text_, {}), .lease = lease_};
}

}  // namespace advae
