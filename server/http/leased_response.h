#ifndef ADVAE_SERVER_HTTP_LEASED_RESPONSE_H_
#define ADVAE_SERVER_HTTP_LEASED_RESPONSE_H_

#include "server/http/http_message.h"
#include "server/messages/memory_budget.h"

namespace advae {

// The response with the memory of its body leased until it is sent, unless it is already, or the
// error of MemoryLease::Grow in its place. `budget` outlives it. A body of up to
// MemoryBudget::kSmallBytes, no more than a connection takes by itself, is left out: probes are
// answered also when no memory is left.
HttpResponse Leased(HttpResponse response, MemoryBudget& budget);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_LEASED_RESPONSE_H_
