#ifndef ADVAE_SERVER_CALLS_SHARED_CALL_H_
#define ADVAE_SERVER_CALLS_SHARED_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/messages/grpc_status.h"

namespace advae {

// A call with a reactor of its own, which gRPC's threads and ours share. Thread-safe. Three rules
// keep everyone from what is gone:
//
//  - Whoever may touch the object later owns it: gRPC from Launch until OnDone, and each callback
//    that we leave with others, by capturing shared_from_this().
//  - gRPC's side of the call, which is StartRead, StartWrite and the context, exists until the call
//    is finished. Whoever uses it from a callback of ours holds it (Hold, Release) meanwhile;
//    within a reaction of gRPC's it exists in any case.
//  - The call is ended once, by whoever comes first. It is finished when nobody holds it any more.
template <typename Reactor>
class SharedCall : public Reactor, public std::enable_shared_from_this<SharedCall<Reactor>> {
 public:
  // Makes a call of the class `Call` and gives it to gRPC.
  template <typename Call, typename... Arguments>
  static Call* Launch(Arguments&&... arguments) {
    auto call = std::make_shared<Call>(std::forward<Arguments>(arguments)...);
    SharedCall& shared = *call;
    shared.of_grpc_ = call;
    shared.Start();
    return call.get();
  }

  // Has the object live on only as long as others own it.
  void OnDone() override { const auto last = std::move(of_grpc_); }

 protected:
  // `context` is that of the call.
  explicit SharedCall(grpc::CallbackServerContext& context) : context_(context) {}

  // Ends the call. After the first time, does nothing.
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_) {
    {
      absl::MutexLock lock(&mutex_);
      if (std::exchange(ended_, true)) return;
      ++holds_;
    }
    grpc::Status outcome = ToGrpcStatus(status, context_);
    {
      absl::MutexLock lock(&mutex_);
      outcome_ = std::move(outcome);
    }
    Release();
  }

  // Whether the call has not been ended; then it is not finished before Release.
  bool Hold() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (ended_) return false;
    ++holds_;
    return true;
  }

  void Release() ABSL_LOCKS_EXCLUDED(mutex_) {
    std::optional<grpc::Status> outcome;
    {
      absl::MutexLock lock(&mutex_);
      if (--holds_ > 0 || !ended_) return;
      outcome = std::move(outcome_);
    }
    this->Finish(*std::move(outcome));
  }

  grpc::CallbackServerContext& context() { return context_; }

 private:
  // Called once, when gRPC owns the call.
  virtual void Start() = 0;

  grpc::CallbackServerContext& context_;
  std::shared_ptr<SharedCall> of_grpc_;
  absl::Mutex mutex_;
  int holds_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<grpc::Status> outcome_ ABSL_GUARDED_BY(mutex_);  // from the end on
};

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_SHARED_CALL_H_
