#ifndef ADVAE_SERVER_MESSAGES_GRPC_STATUS_H_
#define ADVAE_SERVER_MESSAGES_GRPC_STATUS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace advae {

// The message of `status` as the client gets to see it: paths of this machine lose their folders.
// Then the log gets the message as it was.
std::string ShownMessage(const absl::Status& status, const grpc::ServerContextBase& context);

// What the client gets to see of `status`: kDataLoss becomes INTERNAL, and the message is
// the shown one. Carries ErrorDetails, unless the message is long. A retry hint goes into the
// trailing metadata of `context`, which has not been sent yet.
grpc::Status ToGrpcStatus(const absl::Status& status, grpc::ServerContextBase& context);

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_GRPC_STATUS_H_
