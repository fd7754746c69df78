#ifndef ADVAE_SERVER_HTTP_API_MODEL_JSON_H_
#define ADVAE_SERVER_HTTP_API_MODEL_JSON_H_

#include "inference/inference.pb.h"
#include "server/http/http_message.h"

namespace advae {

// What the Open Inference Protocol tells of the server and of models, as its JSON has it: with the
// names of the messages' fields, and all numbers as numbers.

// {"NAME": true}, or false with the status 503.
HttpResponse FlagResponse(const char* name, bool value);

HttpResponse MetadataResponse(const inference::ServerMetadataResponse& metadata);
HttpResponse MetadataResponse(const inference::ModelMetadataResponse& metadata);
HttpResponse ConfigResponse(const inference::ModelConfig& config);
HttpResponse StatisticsResponse(const inference::ModelStatisticsResponse& statistics);

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_MODEL_JSON_H_
