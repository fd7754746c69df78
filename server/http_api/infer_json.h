#ifndef ADVAE_SERVER_HTTP_API_INFER_JSON_H_
#define ADVAE_SERVER_HTTP_API_INFER_JSON_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "inference/inference.pb.h"
#include "server/http/http_message.h"
#include "server/messages/memory_budget.h"

namespace advae {

// The outputs that a client wants after the JSON, not in it (the binary data extension).
struct BinaryOutputs {
  bool all = false;  // but those that say otherwise
  std::set<std::string> named = {};
  std::set<std::string> others = {};

  bool Has(const std::string& name) const {
    return named.contains(name) || (all && !others.contains(name));
  }
};

// Reads the body of an inference of the Open Inference Protocol over HTTP: JSON and, with the
// header Inference-Header-Content-Length, the raw contents of inputs after it. All inputs get raw
// contents. A null is a NaN, or an empty text. kInvalidArgument for what is no such body; the
// message names the member. kResourceExhausted as of MemoryLease::Grow: the memory of the request
// is taken from `lease`.
absl::Status ParseInferRequest(const HttpRequest& http, MemoryLease& lease,
                               inference::ModelInferRequest& request, BinaryOutputs& binary);

// The answer to it. Numbers that are not finite are null in JSON. Its memory is taken from
// `budget`; an error when that does not have it.
HttpResponse InferResponse(const inference::ModelInferResponse& response,
                           const BinaryOutputs& binary, MemoryBudget& budget);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_INFER_JSON_H_
