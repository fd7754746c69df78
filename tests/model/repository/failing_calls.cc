#include "tests/model/repository/failing_calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace advae::testing {
namespace {

struct Plan {
  bool active = false;
  int first = 0;
  bool all = false;
  int error = 0;
  int calls = 0;
};
thread_local Plan plan;

// Counts a call; true, with errno, when it is to fail.
bool Fails() {
  if (!plan.active) return false;
  ++plan.calls;
  if (plan.calls != plan.first && !(plan.all && plan.calls > plan.first)) return false;
  errno = plan.error;
  return true;
}

// The C library's function of this name.
template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

FailingCalls::FailingCalls(int first, Which which, int error) {
  plan = {.active = true, .first = first, .all = which == Which::kAllFrom, .error = error};
}

FailingCalls::~FailingCalls() { plan = {}; }

bool FailingCalls::AnyFailed() { return plan.calls >= plan.first; }

}  // namespace advae::testing

using advae::testing::Fails;
using advae::testing::ModeOf;
using advae::testing::Real;

// In place of the C library's, for this program and the libraries that it loads.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Fails() ? -1 : Real<int(const char*, int, ...)>("open")(path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Fails() ? -1 : Real<int(int, const char*, int, ...)>("openat")(folder, path, flags, mode);
}

ssize_t read(int file, void* bytes, size_t size) {
  return Fails() ? -1 : Real<ssize_t(int, void*, size_t)>("read")(file, bytes, size);
}

ssize_t write(int file, const void* bytes, size_t size) {
  return Fails() ? -1 : Real<ssize_t(int, const void*, size_t)>("write")(file, bytes, size);
}

// No test waits for a disk.
int fsync(int /*file*/) { return Fails() ? -1 : 0; }

int rename(const char* from, const char* to) noexcept {
  return Fails() ? -1 : Real<int(const char*, const char*)>("rename")(from, to);
}

int mkdir(const char* path, mode_t mode) noexcept {
  return Fails() ? -1 : Real<int(const char*, mode_t)>("mkdir")(path, mode);
}

int unlink(const char* path) noexcept {
  return Fails() ? -1 : Real<int(const char*)>("unlink")(path);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  return Fails() ? -1 : Real<int(int, const char*, int)>("unlinkat")(folder, path, flags);
}

DIR* opendir(const char* path) {
  return Fails() ? nullptr : Real<DIR*(const char*)>("opendir")(path);
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
