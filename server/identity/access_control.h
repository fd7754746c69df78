#ifndef ADVAE_SERVER_IDENTITY_ACCESS_CONTROL_H_
#define ADVAE_SERVER_IDENTITY_ACCESS_CONTROL_H_

#include <google/protobuf/message.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "model/access/grant.h"
#include "model/access/role.h"
#include "server/quotas/quotas.h"

namespace advae {

class JwtVerifier;

// What a call brings to show who makes it.
struct Credentials {
  // The value of the header or metadata "authorization"; empty for none.
  std::string_view authorization = {};
  // Those in the client certificate that the handshake has checked.
  std::vector<std::string> certificate_names = {};
};

// Who makes a call.
struct Caller {
  // Of a grant, or in a certificate; empty for somebody whom the server did not ask.
  std::string name = {};
  // Null where the server asks nobody: such a caller may do everything.
  std::shared_ptr<const Grant> grant = nullptr;
  // Null where there are no quotas, or none for what the caller asks.
  std::shared_ptr<Tenant> tenant = nullptr;

  // Whether the caller gets to know of a model.
  bool MaySee(std::string_view model) const { return grant == nullptr || grant->Covers(model); }

  // Of its turns in the queue.
  double weight() const { return tenant == nullptr ? 1 : static_cast<double>(tenant->weight()); }
  // Takes what a call of `method` holds of the caller's quotas while it is open. Errors as of
  // Tenant::Take.
  absl::StatusOr<QuotaHold> TakeCall(std::string_view method) const;
  // Whether the caller may have rows scored now. Errors as of Tenant::TakeRows.
  absl::Status CheckRows() const;
  // The same as TakeCall of a training or an import, by a caller of whom so much is stored. Errors
  // as of Tenant::TakeTraining.
  absl::StatusOr<QuotaHold> TakeTraining(const std::function<StoredUse()>& stored) const;
};

// A caller and the method that it was let in to: what may be asked for is checked with each
// message.
class CallPermit {
 public:
  // For all that anybody may ask for.
  CallPermit() = default;
  // `method` outlives the permit; `port` is the highest role at the port of the call.
  CallPermit(Caller caller, std::string_view method, Role port)
      : caller_(std::move(caller)), method_(method), port_(port) {}

  const Caller& caller() const { return caller_; }

  // kPermissionDenied unless the port, and the role and the models of the caller's grant, allow the
  // request.
  absl::Status Check(const google::protobuf::Message& request) const;
  // The same of a request about a model, without its message.
  absl::Status CheckModel(std::string_view model) const;

 private:
  Caller caller_;
  std::string_view method_;
  Role port_ = Role::kAdmin;
};

// Decides who may call what: everybody everything, or those who are in the token file what it says.
// Thread-safe.
class AccessControl {
 public:
  struct Options {
    // Whether to ask for grants.
    bool asks_for_grants = false;
    // Whether health methods are for everybody all the same.
    bool open_health = true;
    // Checks JSON Web Tokens; null: none are taken. Outlives this.
    const JwtVerifier* jwt = nullptr;
    // What callers may use; null: as much as they like. Outlives this.
    Quotas* quotas = nullptr;
  };

  AccessControl() : AccessControl(Options()) {}
  explicit AccessControl(const Options& options) : options_(options) {}

  // From now on, these are the grants.
  void SetGrants(std::vector<Grant> grants) ABSL_LOCKS_EXCLUDED(mutex_);

  // kUnauthenticated when the server asks for grants and the credentials are of none.
  absl::StatusOr<Caller> Authenticate(const Credentials& credentials) const
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Lets a call in, at a port where nobody has more than the role `port`. Besides,
  // kPermissionDenied when this or the caller's role is not enough for any request of the method.
  // `method` outlives the permit. Whoever begins the call takes its share of the quotas
  // (Caller::TakeCall).
  absl::StatusOr<CallPermit> Admit(const Credentials& credentials, std::string_view method,
                                   Role port = Role::kAdmin) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Whether it makes no difference to what is let in who calls.
  bool asks_nobody() const { return !options_.asks_for_grants && options_.quotas == nullptr; }

  // Null when callers may use as much as they like.
  Quotas* quotas() const { return options_.quotas; }

 private:
  using GrantMap = std::unordered_map<std::string, std::shared_ptr<const Grant>>;
  // By the id of the token, the subject of JSON Web Tokens, and the name in the certificate. Never
  // changed once it is in use.
  struct Grants {
    GrantMap tokens;
    GrantMap subjects;
    GrantMap certificates;
  };

  absl::StatusOr<Caller> CallerOfToken(std::string_view token, const Grants& known) const;
  absl::StatusOr<Caller> CallerOfJwt(std::string_view token, const Grants& known) const;
  std::shared_ptr<const Grants> grants() const ABSL_LOCKS_EXCLUDED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Grants> grants_ ABSL_GUARDED_BY(mutex_) = std::make_shared<Grants>();
};

}  // namespace advae

#endif  // ADVAE_SERVER_IDENTITY_ACCESS_CONTROL_H_
