#ifndef ADVAE_SERVER_IDENTITY_CALL_CREDENTIALS_H_
#define ADVAE_SERVER_IDENTITY_CALL_CREDENTIALS_H_

#include <grpcpp/server_context.h>

#include <string_view>

#include "absl/status/statusor.h"
#include "server/identity/access_control.h"

namespace advae {

// What a gRPC call brings to show who makes it. They refer to `context`.
Credentials CredentialsOf(const grpc::ServerContextBase& context);

// AccessControl::Admit for a gRPC call at its port (PortRole), which holds its share of the
// caller's quotas until Quotas::EndCall(&context). Besides, errors as of Tenant::Take. `method`
// outlives the permit.
absl::StatusOr<CallPermit> AdmitCall(const AccessControl& access,
                                     const grpc::CallbackServerContext& context,
                                     std::string_view method);

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_CALL_CREDENTIALS_H_
