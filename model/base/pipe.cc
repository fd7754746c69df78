#include "model/base/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/system_error.h"

namespace advae {
namespace {

constexpr int kLowestEnd = 4;

}  // namespace

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::UnavailableError(absl::StrCat("pipe: ", SystemErrorMessage(errno)));
  }
  const FileDescriptor low[2] = {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
  Pipe pipe{FileDescriptor(fcntl(ends[0], F_DUPFD_CLOEXEC, kLowestEnd)),
            FileDescriptor(fcntl(ends[1], F_DUPFD_CLOEXEC, kLowestEnd))};
  if (pipe.read_end.get() < 0 || pipe.write_end.get() < 0) {
    return absl::UnavailableError(absl::StrCat("dup: ", SystemErrorMessage(errno)));
  }
  return pipe;
}

}  // namespace advae
