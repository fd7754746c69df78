#ifndef ADVAE_MODEL_BASE_PIPE_H_
#define ADVAE_MODEL_BASE_PIPE_H_

#include "absl/status/statusor.h"
#include "model/base/file_descriptor.h"

namespace advae {

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

// A new pipe, which no child inherits. Both ends lie above descriptor 3, so that a child that gets
// them as descriptors 0 to 3 can move them there without overwriting one. kUnavailable when the
// process or the system has no descriptors left.
absl::StatusOr<Pipe> MakePipe();

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_PIPE_H_
