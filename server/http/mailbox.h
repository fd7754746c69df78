#ifndef ADVAE_SERVER_HTTP_MAILBOX_H_
#define ADVAE_SERVER_HTTP_MAILBOX_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace advae {

// The way from any thread to the thread of a context, as long as that lives. Thread-safe.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& context) : context_(&context) {}

  // Has the thread of the context call `work`, unless Close was called.
  template <typename Work>
  void Post(Work work) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);  // queues the work and no more
    if (context_ != nullptr) boost::asio::post(*context_, std::move(work));
  }
  // Before the context goes.
  void Close() ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
  }

 private:
  absl::Mutex mutex_;
  boost::asio::io_context* context_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_MAILBOX_H_
