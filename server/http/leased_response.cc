#include "server/http/leased_response.h"

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "server/http/http_error.h"

namespace advae {

HttpResponse Leased(HttpResponse response, MemoryBudget& budget) {
  if (response.lease != nullptr || response.body.size() <= MemoryBudget::kSmallBytes) {
    return response;
  }
  auto lease = std::make_shared<MemoryLease>(budget);
  if (absl::Status status = lease->Grow(response.body.size()); !status.ok()) {
    return HttpError(status);
  }
  response.lease = std::move(lease);
  return response;
}

}  // namespace advae
