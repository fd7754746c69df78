#include "server/identity/access_control.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/access/token.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "model/base/utf8.h"
#include "server/base/request_subject.h"
#include "server/base/shown_text.h"
#include "server/identity/jwt_verifier.h"
#include "server/identity/permissions.h"

namespace advae {
namespace {

// The token in "Bearer TOKEN", whose first word may be written in any case.
std::optional<std::string_view> BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size() ||
      !absl::EqualsIgnoreCase({authorization.data(), kScheme.size()},
                              {kScheme.data(), kScheme.size()})) {
    return std::nullopt;
  }
  return authorization.substr(kScheme.size());
}

absl::Status CheckRole(const Caller& caller, Role required, std::string_view method) {
  if (caller.grant == nullptr || caller.grant->role >= required) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("\"", caller.name, "\" has the role ", NameOf(caller.grant->role), "; ",
                   std::string(method), " needs the role ", NameOf(required)));
}

absl::Status CheckPort(Role port, Role required, std::string_view method) {
  if (port >= required) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("this port changes nothing; ", std::string(method),
                   " is answered at the admin port of the server (--admin_listen)"));
}

}  // namespace

absl::StatusOr<QuotaHold> Caller::TakeCall(std::string_view method) const {
  if (tenant == nullptr) return QuotaHold();
  if (IsScoreStream(method)) return tenant->Take({QuotaKind::kCalls, QuotaKind::kStreams});
  return tenant->Take({QuotaKind::kCalls});
}

absl::Status Caller::CheckRows() const {
  return tenant == nullptr ? absl::OkStatus() : tenant->CheckRows(SteadyNow());
}

absl::StatusOr<QuotaHold> Caller::TakeTraining(const std::function<StoredUse()>& stored) const {
  if (tenant == nullptr) return QuotaHold();
  return tenant->TakeTraining(stored);
}

absl::Status CallPermit::Check(const google::protobuf::Message& request) const {
  if (caller_.grant == nullptr && port_ == Role::kAdmin) return absl::OkStatus();
  const Role required = RequiredRole(method_, &request);
  ADVAE_RETURN_IF_ERROR(CheckPort(port_, required, method_));
  ADVAE_RETURN_IF_ERROR(CheckRole(caller_, required, method_));
  return CheckModel(SubjectOf(request).model);
}

absl::Status CallPermit::CheckModel(std::string_view model) const {
  if (model.empty() || caller_.MaySee(model)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("\"", caller_.name, "\" has no rights on model \"", ShownText(model), "\""));
}

void AccessControl::SetGrants(std::vector<Grant> grants) {
  auto sorted = std::make_shared<Grants>();
  for (Grant& grant : grants) {
    auto shared = std::make_shared<const Grant>(std::move(grant));
    if (shared->is_token()) {
      sorted->tokens.emplace(shared->id, std::move(shared));
    } else if (shared->is_subject()) {
      sorted->subjects.emplace(shared->subject, std::move(shared));
    } else {
      sorted->certificates.emplace(shared->name, std::move(shared));
    }
  }
  absl::MutexLock lock(&mutex_);
  grants_ = std::move(sorted);
}

std::shared_ptr<const AccessControl::Grants> AccessControl::grants() const {
  absl::MutexLock lock(&mutex_);
  return grants_;
}

absl::StatusOr<Caller> AccessControl::CallerOfToken(std::string_view token,
                                                    const Grants& known) const {
  if (IsJwt(token)) return CallerOfJwt(token, known);
  const std::optional<std::string_view> id = TokenId(token);
  if (!id) return absl::UnauthenticatedError("the token does not have the form of a token");
  const auto found = known.tokens.find(std::string(*id));
  if (found == known.tokens.end() || !IsTokenOf(token, *found->second)) {
    return absl::UnauthenticatedError("the token is not known; it may have been revoked");
  }
  return Caller{.name = found->second->name, .grant = found->second};
}

absl::StatusOr<Caller> AccessControl::CallerOfJwt(std::string_view token,
                                                  const Grants& known) const {
  if (options_.jwt == nullptr) {
    return absl::UnauthenticatedError("this server takes no JSON Web Tokens (--jwt_keys)");
  }
  ADVAE_ASSIGN_OR_RETURN(const std::string subject, options_.jwt->SubjectOf(token, absl::Now()));
  const auto found = known.subjects.find(subject);
  if (found != known.subjects.end()) {
    return Caller{.name = found->second->name, .grant = found->second};
  }
  return absl::UnauthenticatedError(
      absl::StrCat("no rights were given to the subject \"", ShownText(subject), "\""));
}

absl::StatusOr<Caller> AccessControl::Authenticate(const Credentials& credentials) const {
  if (!options_.asks_for_grants) {
    if (credentials.certificate_names.empty()) return Caller{};
    return Caller{.name = Utf8Of(credentials.certificate_names.front())};
  }
  const std::shared_ptr<const Grants> known = grants();
  if (!credentials.authorization.empty()) {
    const std::optional<std::string_view> token = BearerToken(credentials.authorization);
    if (!token) {
      return absl::UnauthenticatedError("the authorization has another form than \"Bearer TOKEN\"");
    }
    return CallerOfToken(*token, *known);
  }
  for (const std::string& name : credentials.certificate_names) {
    const auto found = known->certificates.find(name);
    if (found != known->certificates.end()) return Caller{.name = name, .grant = found->second};
  }
  if (!credentials.certificate_names.empty()) {
    return absl::UnauthenticatedError(absl::StrCat("no rights were given to the certificate of \"",
                                                   credentials.certificate_names.front(), "\""));
  }
  return absl::UnauthenticatedError(
      "the call does not tell who makes it; expected \"authorization: Bearer TOKEN\"");
}

absl::StatusOr<CallPermit> AccessControl::Admit(const Credentials& credentials,
                                                std::string_view method, Role port) const {
  const bool is_health = IsHealthMethod(method);
  if (options_.asks_for_grants && options_.open_health && is_health) return CallPermit();
  ADVAE_ASSIGN_OR_RETURN(Caller caller, Authenticate(credentials));
  const Role required = RequiredRole(method);
  ADVAE_RETURN_IF_ERROR(CheckPort(port, required, method));
  ADVAE_RETURN_IF_ERROR(CheckRole(caller, required, method));
  // Whoever has used up all else must still look alive.
  if (options_.quotas != nullptr && !is_health) {
    caller.tenant = options_.quotas->TenantOf(caller.name);
  }
  return CallPermit(std::move(caller), method, port);
}

}  // namespace advae
