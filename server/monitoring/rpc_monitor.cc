#include "server/monitoring/rpc_monitor.h"

#include <grpcpp/server_context.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"
#include "server/base/request_subject.h"
#include "server/identity/call_credentials.h"
#include "server/identity/permissions.h"
#include "server/log/log.h"
#include "server/messages/received.h"
#include "server/metrics/status_code_name.h"
#include "server/monitoring/trace_parent.h"

namespace advae {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;

std::string TraceIdOf(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(kTraceParentKey);
  if (found == metadata.end()) return "";
  return std::string(TraceId({found->second.data(), found->second.size()}));
}

// One RPC: lives from its first byte until it has ended, also when the client goes away. Asks the
// context nothing that it would have to find out: for methods of gRPC's
// synchronous API, IsCancelled() runs the interceptors, and would never return from within one.
class RpcRecord : public grpc::experimental::Interceptor {
 public:
  RpcRecord(MethodMetrics& metrics, const AccessControl& access, CallLog& log,
            grpc::experimental::ServerRpcInfo& info)
      : metrics_(metrics),
        access_(access),
        log_(log),
        info_(info),
        start_(SteadyNow()),
        deadline_(SteadyDeadline(info.server_context()->deadline())) {
    metrics_.in_flight().Increment();
  }

  ~RpcRecord() override {
    EndCall();
    // Of a change whose handler never gave a status.
    if (origin_) LogAudit(Outcome());
    metrics_.in_flight().Decrement();
    metrics_.Duration(Outcome()).Observe(absl::ToDoubleSeconds(SteadyNow() - start_));
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE)) {
      NoteSubject(methods->GetRecvMessage());
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      status_ = Explained(methods->GetSendStatus());
      answered_ = true;
      EndCall();
      LogEnd(status_);
      LogAudit(status_.error_code());
    }
    // A call is closed once its status is sent, or before that, because it was cancelled.
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_CLOSE) &&
        !answered_) {
      const grpc::Status reason = Explained({grpc::StatusCode::CANCELLED, kCut});
      cut_ = reason.error_code();
      LogEnd(reason);
    }
    methods->Proceed();
  }

 private:
  // Where a call comes from.
  struct Origin {
    std::string caller;  // empty for nobody known
    std::string peer;
    std::string trace_id;
  };

  Origin FindOrigin() const {
    const grpc::ServerContextBase& context = *info_.server_context();
    const absl::StatusOr<Caller> caller = access_.Authenticate(CredentialsOf(context));
    return {.caller = caller.ok() ? caller->name : "",
            .peer = context.peer(),
            .trace_id = TraceIdOf(context)};
  }

  // Gives back what the call holds of its caller's quotas.
  void EndCall() {
    if (access_.quotas() != nullptr) access_.quotas()->EndCall(info_.server_context());
  }

  // A handler may have nothing to complain about when its client has gone.
  grpc::StatusCode Outcome() const {
    const grpc::StatusCode code = status_.error_code();
    const bool has_no_reason = code == grpc::StatusCode::OK || code == grpc::StatusCode::CANCELLED;
    return has_no_reason && cut_ != grpc::StatusCode::OK ? cut_.load() : code;
  }

  // The status of a call that was cancelled because its deadline passed, as an expired one. The
  // client's own clock passes the deadline a little earlier than ours, which began when the call
  // arrived, and its cancellation comes first. gRPC calls a request that had not arrived by then
  // unimplemented.
  grpc::Status Explained(const grpc::Status& status) const {
    const bool was_not_read = status.error_code() == grpc::StatusCode::UNIMPLEMENTED &&
                              info_.type() == grpc::experimental::ServerRpcInfo::Type::UNARY &&
                              !has_message_;
    if (status.error_code() != grpc::StatusCode::CANCELLED && !was_not_read) return status;
    const absl::Duration early = std::min((deadline_ - start_) / 5, kMostEarly);
    if (SteadyNow() + early < deadline_) return status;
    return {grpc::StatusCode::DEADLINE_EXCEEDED, "the deadline passed"};
  }

  // The first message of a stream tells what it is about. Copied, as a handler may free it early.
  void NoteSubject(const void* message) {
    has_message_ |= message != nullptr;
    const bool is_ours = absl::StartsWith(info_.method(), "/advae.") ||
                         absl::StartsWith(info_.method(), "/inference.");
    if (message == nullptr || has_subject_ || !is_ours) return;
    const auto& received = *static_cast<const Received*>(message);
    if (!received.status().ok()) return;
    subject_ = SubjectOf(received.message());
    has_subject_ = true;
    is_change_ = IsChange(info_.method(), &received.message());
    // Its connection may be gone when it is done.
    if (is_change_) origin_ = FindOrigin();
  }

  // A handler may send its status after the call was cancelled: the first counts.
  void LogEnd(const grpc::Status& status) {
    if (logged_.exchange(true)) return;
    const std::optional<uint64_t> held_back = log_.Admit(metrics_.method(), status.error_code());
    if (!held_back) return;
    std::vector<LogField> fields = {
        {"method", info_.method()},
        {"code", StatusCodeName(status.error_code())},
        {"duration_seconds", absl::ToDoubleSeconds(SteadyNow() - start_)},
        {"peer", info_.server_context()->peer()}};
    if (!status.ok()) fields.emplace_back("message", status.error_message());
    AddSubject(fields, TraceIdOf(*info_.server_context()));
    CallLog::Write(status.error_code(), *held_back, std::move(fields));
  }

  // What came of a change, once: its handler knows, also when the client waits for it no longer.
  // What was refused for want of rights, or does not exist, is limited as other failures are:
  // anybody may try.
  void LogAudit(grpc::StatusCode code) {
    // Without a message, what its method says.
    if (!has_subject_) is_change_ = IsChange(info_.method());
    if (!is_change_ || audited_.exchange(true)) return;
    const bool is_refusal = code == grpc::StatusCode::UNAUTHENTICATED ||
                            code == grpc::StatusCode::PERMISSION_DENIED ||
                            code == grpc::StatusCode::UNIMPLEMENTED;
    const char* const name = StatusCodeName(code);
    const std::optional<uint64_t> held_back =
        is_refusal ? log_.limiter().Admit(absl::StrCat("audit ", name), SteadyNow()) : 0;
    if (!held_back) return;
    const Origin origin = origin_ ? *origin_ : FindOrigin();
    std::vector<LogField> fields = {{"method", info_.method()}, {"code", name}};
    if (!origin.caller.empty()) fields.emplace_back("caller", origin.caller);
    fields.emplace_back("peer", origin.peer);
    AddSubject(fields, origin.trace_id);
    // The client did not see the outcome.
    if (cut_ != grpc::StatusCode::OK) fields.emplace_back("cut", StatusCodeName(cut_));
    if (*held_back > 0) fields.emplace_back("held_back", *held_back);
    LogAlways(LogLevel::kInfo, "audit", fields);
  }

  void AddSubject(std::vector<LogField>& fields, const std::string& trace_id) const {
    if (!subject_.model.empty()) fields.emplace_back("model", subject_.model);
    if (subject_.version != 0) fields.emplace_back("version", subject_.version);
    if (!trace_id.empty()) fields.emplace_back("trace_id", trace_id);
  }

  // gRPC does not tell which of them it was.
  static constexpr char kCut[] =
      "cancelled by the client, by the end of its connection or by the end of a drain";
  // How much earlier than ours a client's deadline may pass, at most.
  static constexpr absl::Duration kMostEarly = absl::Milliseconds(20);

  MethodMetrics& metrics_;
  const AccessControl& access_;
  CallLog& log_;
  grpc::experimental::ServerRpcInfo& info_;
  const absl::Time start_;  // steady, as is the deadline
  const absl::Time deadline_;
  RequestSubject subject_;
  bool has_subject_ = false;
  bool has_message_ = false;
  // May change what is stored.
  bool is_change_ = false;
  std::optional<Origin> origin_;  // of a change
  // What an RPC has that ends before its handler gave a status.
  grpc::Status status_ = grpc::Status(grpc::StatusCode::CANCELLED, "");
  std::atomic<bool> logged_ = false;
  std::atomic<bool> audited_ = false;
  std::atomic<bool> answered_ = false;  // a status was sent
  // Why the call was cut before that; OK when it was not.
  std::atomic<grpc::StatusCode> cut_ = grpc::StatusCode::OK;
};

}  // namespace

grpc::experimental::Interceptor* RpcMonitor::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  return new RpcRecord(metrics_.ForMethod(info->method()), access_, log_, *info);
}

}  // namespace advae
