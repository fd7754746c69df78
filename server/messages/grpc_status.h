#ifndef ADVAE_SERVER_MESSAGES_GRPC_STATUS_H_
#define ADVAE_SERVER_MESSAGES_GRPC_STATUS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace advae {

// What the client gets to see of `status`: kDataLoss becomes INTERNAL, paths of this machine lose
// their folders, and the log gets the message as it was. Carries ErrorDetails, unless the message
// is long. A retry hint goes into the trailing metadata of `context`, which has not been sent yet.
grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase& context);

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_GRPC_STATUS_H_
