#ifndef ADVAE_SERVER_METRICS_STATUS_CODE_NAME_H_
#define ADVAE_SERVER_METRICS_STATUS_CODE_NAME_H_

#include <grpcpp/support/status_code_enum.h>

namespace advae {

// The name as gRPC's documents write it, "NOT_FOUND"; "UNKNOWN" for what is no code.
const char* StatusCodeName(grpc::StatusCode code);

}  // namespace advae

#endif  // ADVAE_SERVER_METRICS_STATUS_CODE_NAME_H_
