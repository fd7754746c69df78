#ifndef ADVAE_TESTS_MODEL_REPOSITORY_FAILING_CALLS_H_
#define ADVAE_TESTS_MODEL_REPOSITORY_FAILING_CALLS_H_

namespace advae::testing {

// Has calls of the C library that use files fail: open, read, write, fsync, rename, mkdir, unlink
// and their like, of this thread. One at a time may exist. Works in programs that are linked with
// failing_calls.cc.
class FailingCalls {
 public:
  enum class Which { kOne, kAllFrom };

  // From now on, the `first`-th call (counted from 1), and with kAllFrom those after it, fail with
  // this number of an error.
  FailingCalls(int first, Which which, int error);
  // From now on, calls do what they should.
  ~FailingCalls();
  FailingCalls(const FailingCalls&) = delete;
  FailingCalls& operator=(const FailingCalls&) = delete;

  // Whether a call has failed.
  static bool AnyFailed();
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_REPOSITORY_FAILING_CALLS_H_
