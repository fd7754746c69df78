#include "client/cancellation.h"

namespace advae {

void Cancellation::Cancel() {
  // TryCancel is called with the lock held, so that no call can end meanwhile; it never calls back.
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
  for (grpc::ClientContext* const call : calls_) call->TryCancel();
}

bool Cancellation::cancelled() const {
  absl::MutexLock lock(&mutex_);
  return cancelled_;
}

CancellableCall::CancellableCall(Cancellation* cancellation, grpc::ClientContext& context)
    : cancellation_(cancellation), context_(&context) {
  if (cancellation_ == nullptr) return;
  absl::MutexLock lock(&cancellation_->mutex_);
  cancellation_->calls_.insert(context_);
  if (cancellation_->cancelled_) context_->TryCancel();
}

CancellableCall::~CancellableCall() {
  if (cancellation_ == nullptr) return;
  absl::MutexLock lock(&cancellation_->mutex_);
  cancellation_->calls_.erase(context_);
}

}  // namespace advae
