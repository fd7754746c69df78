#ifndef ADVAE_CLIENT_CLI_INPUT_STOP_H_
#define ADVAE_CLIENT_CLI_INPUT_STOP_H_

#include <sys/eventfd.h>

#include <cstdlib>

#include "model/base/file_descriptor.h"

namespace advae {

// Tells all CancellableInputs that wait for its descriptor to stop. Thread-safe.
class InputStop {
 public:
  InputStop() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (event_.get() < 0) std::abort();
  }

  // Readable from the first Stop() on.
  int descriptor() const { return event_.get(); }
  // For good.
  void Stop() const { eventfd_write(event_.get(), 1); }

 private:
  FileDescriptor event_;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_INPUT_STOP_H_
