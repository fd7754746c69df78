// Linked into every program of the tsan preset. Debian's Abseil and gRPC are not instrumented, so
// ThreadSanitizer sees nothing of a lock and would report all that it guards. These definitions
// stand before those of Abseil's shared library: they call them and tell ThreadSanitizer what they
// order.

#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

// gRPC hands its callers' objects from thread to thread by means that stay unseen, and so does
// absl::Status its message: what has one of their functions on the stack cannot be judged.
extern "C" const char* __tsan_default_suppressions() {
  return "race:libgrpc\n"
         "race:libgpr\n"
         "race:grpc::\n"
         "race:grpc_\n"
         "race:libprotobuf\n"
         "race:libprometheus\n"
         "race:libabsl\n"
         "race:absl::debian3::Status\n"
         "mutex:libgrpc\n";
}

namespace {

// The definition of Abseil's library.
template <typename Function>
Function* Next(const char* mangled) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, mangled));
}

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

// The namespace that Debian's package gives its version of Abseil.
#define ABSL_MANGLED(name) "_ZN4absl7debian3" name

void Mutex::Lock() {
  static const auto next = Next<void(Mutex*)>(ABSL_MANGLED("5Mutex4LockEv"));
  next(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  static const auto next = Next<void(Mutex*)>(ABSL_MANGLED("5Mutex6UnlockEv"));
  __tsan_release(this);
  next(this);
}

bool Mutex::TryLock() {
  static const auto next = Next<bool(Mutex*)>(ABSL_MANGLED("5Mutex7TryLockEv"));
  if (!next(this)) return false;
  __tsan_acquire(this);
  return true;
}

void Mutex::ReaderLock() {
  static const auto next = Next<void(Mutex*)>(ABSL_MANGLED("5Mutex10ReaderLockEv"));
  next(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  static const auto next = Next<void(Mutex*)>(ABSL_MANGLED("5Mutex12ReaderUnlockEv"));
  __tsan_release(this);
  next(this);
}

void Mutex::LockWhen(const Condition& condition) {
  static const auto next =
      Next<void(Mutex*, const Condition&)>(ABSL_MANGLED("5Mutex8LockWhenERKNS0_9ConditionE"));
  next(this, condition);
  __tsan_acquire(this);
}

void Mutex::Await(const Condition& condition) {
  static const auto next =
      Next<void(Mutex*, const Condition&)>(ABSL_MANGLED("5Mutex5AwaitERKNS0_9ConditionE"));
  __tsan_release(this);
  next(this, condition);
  __tsan_acquire(this);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  static const auto next = Next<bool(Mutex*, const Condition&, Duration)>(
      ABSL_MANGLED("5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE"));
  __tsan_release(this);
  const bool held = next(this, condition, timeout);
  __tsan_acquire(this);
  return held;
}

void CondVar::Wait(Mutex* mutex) {
  static const auto next = Next<void(CondVar*, Mutex*)>(ABSL_MANGLED("7CondVar4WaitEPNS0_5MutexE"));
  __tsan_release(mutex);
  next(this, mutex);
  __tsan_acquire(mutex);
}

bool CondVar::WaitWithDeadline(Mutex* mutex, Time deadline) {
  static const auto next = Next<bool(CondVar*, Mutex*, Time)>(
      ABSL_MANGLED("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE"));
  __tsan_release(mutex);
  const bool expired = next(this, mutex, deadline);
  __tsan_acquire(mutex);
  return expired;
}

void Notification::Notify() {
  static const auto next = Next<void(Notification*)>(ABSL_MANGLED("12Notification6NotifyEv"));
  // The flag after the mutex, which HasBeenNotified() reads in instrumented code.
  __tsan_release(reinterpret_cast<char*>(this) + sizeof(Mutex));
  __tsan_release(this);
  next(this);
}

void Notification::WaitForNotification() const {
  static const auto next =
      Next<void(const Notification*)>("_ZNK4absl7debian312Notification19WaitForNotificationEv");
  next(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

ABSL_NAMESPACE_END
}  // namespace absl
