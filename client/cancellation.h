#ifndef ADVAE_CLIENT_CANCELLATION_H_
#define ADVAE_CLIENT_CANCELLATION_H_

#include <grpcpp/client_context.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// Lets one thread, such as the one that waits for Ctrl-C, end the calls of others. Thread-safe.
class Cancellation {
 public:
  // Ends the calls in flight, and every later one as soon as it starts, with kCancelled.
  void Cancel();
  bool cancelled() const;

 private:
  friend class CancellableCall;

  mutable absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);
};

// Makes a call cancellable while it is in scope. Both arguments outlive it; `cancellation` may be
// null, for a call that cannot be cancelled.
class CancellableCall {
 public:
  CancellableCall(Cancellation* cancellation, grpc::ClientContext& context);
  ~CancellableCall();
  CancellableCall(const CancellableCall&) = delete;
  CancellableCall& operator=(const CancellableCall&) = delete;

 private:
  Cancellation* cancellation_;
  grpc::ClientContext* context_;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CANCELLATION_H_
