#ifndef ADVAE_MODEL_WORKER_CONFINEMENT_H_
#define ADVAE_MODEL_WORKER_CONFINEMENT_H_

#include <filesystem>
#include <vector>

#include "absl/status/status.h"

namespace advae {

// The files that a process needs. Each path is a file, or a folder with all that is in it; those
// that do not exist are passed over.
struct NeededFiles {
  // Read.
  std::vector<std::filesystem::path> read;
  // Folders that are read, and in which entries are made, renamed and removed; no file is written.
  std::vector<std::filesystem::path> rename;
  // Folders in which files are read and written, and entries made, renamed and removed.
  std::vector<std::filesystem::path> write;
};

// These take rights from the calling thread and from all threads that it makes later, for good.
// They guard a machine against what a hostile input might make of a process that reads it, and are
// of no use against the process's own mistakes. With sanitizers, which themselves do what is
// forbidden here, they do nothing.

// Leaves only these files and those of the system (programs, libraries, what /proc and /sys say of
// the machine and the process), of which none is written or executed. Descriptors that are open
// stay so. Uses Landlock. kUnimplemented when the kernel has none of at least version 2, which
// Linux 5.19 brought; kInternal when it refuses; kFailedPrecondition when there are other threads,
// which keep their rights.
absl::Status ConfineFiles(const NeededFiles& files);

// Leaves the process, with all of its threads, without sockets, new programs and processes, other
// processes to watch, signal or limit, and without the calls that change or watch the system: all
// of them fail with EPERM, but for clone3, which fails with ENOSYS. Uses seccomp. kUnimplemented
// when the kernel has none, kInternal when it refuses.
absl::Status ConfineSystemCalls();

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_CONFINEMENT_H_
