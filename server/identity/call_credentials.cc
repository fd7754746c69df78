#include "server/identity/call_credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <memory>
#include <string>
#include <utility>

#include "model/base/status_macros.h"
#include "server/identity/permissions.h"
#include "server/identity/port_role.h"

namespace advae {
namespace {

// What gRPC has in place of an alternative name of a kind that it does not read. It has "" in place
// of a common name that is missing.
constexpr char kOtherName[] = "other types of SAN";

}  // namespace

Credentials CredentialsOf(const grpc::ServerContextBase& context) {
  Credentials credentials;
  const auto& metadata = context.client_metadata();
  if (const auto found = metadata.find("authorization"); found != metadata.end()) {
    credentials.authorization = {found->second.data(), found->second.size()};
  }
  const std::shared_ptr<const grpc::AuthContext> security = context.auth_context();
  if (security == nullptr || !security->IsPeerAuthenticated()) return credentials;
  for (const char* const property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
    for (const grpc::string_ref& name : security->FindPropertyValues(property)) {
      if (name.empty() || name == kOtherName) continue;
      credentials.certificate_names.emplace_back(name.data(), name.size());
    }
  }
  return credentials;
}

absl::StatusOr<CallPermit> AdmitCall(const AccessControl& access,
                                     const grpc::CallbackServerContext& context,
                                     std::string_view method) {
  const Role port = PortRole::Of(context);
  // Not asked for what takes time to find out, unless it may be recorded.
  if (access.asks_nobody() && port == Role::kAdmin && !MayRecordCaller(method)) return CallPermit();
  ADVAE_ASSIGN_OR_RETURN(CallPermit permit, access.Admit(CredentialsOf(context), method, port));
  if (permit.caller().tenant == nullptr) return permit;
  ADVAE_ASSIGN_OR_RETURN(QuotaHold hold, permit.caller().TakeCall(method));
  access.quotas()->BeginCall(&context, std::move(hold));
  return permit;
}

}  // namespace advae
