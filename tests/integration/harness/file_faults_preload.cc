// A library for LD_PRELOAD that makes a program's files slow or broken, as the folder tells that
// the environment variable ADVAE_FILE_FAULTS names:
//
//   <folder>/hang   a path: what is done with files below it waits as long as this file exists
//   <folder>/fail   the number of an error and a path: what is done with files below it fails so
//
// Each operation that begins to wait leaves the file <folder>/hanging. The operations are those
// that take a path, and fsync.

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

constexpr useconds_t kPause = 1000;  // microseconds between two looks at the folder

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

int RealOpen(const char* path, int flags, mode_t mode) {
  static auto* const real = Real<int(const char*, int, ...)>("open");
  return real(path, flags, mode);
}

// Empty when there is no such instruction.
std::string Instruction(const char* name) {
  const char* const folder = std::getenv("ADVAE_FILE_FAULTS");
  if (folder == nullptr) return "";
  const int descriptor =
      RealOpen((std::string(folder) + "/" + name).c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (descriptor < 0) return "";
  char text[4096];
  const ssize_t size = read(descriptor, text, sizeof(text));
  close(descriptor);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
}

bool IsBelow(const char* path, const std::string& folder) {
  return std::strncmp(path, folder.c_str(), folder.size()) == 0;
}

void LeaveHangingMark() {
  const std::string mark = std::string(std::getenv("ADVAE_FILE_FAULTS")) + "/hanging";
  const int descriptor = RealOpen(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor >= 0) close(descriptor);
}

// Waits if it has to. False, with errno, when the operation is to fail.
bool MayTouch(const char* path) {
  const int kept_error = errno;
  for (bool waits = false;; waits = true) {
    const std::string hang = Instruction("hang");
    if (hang.empty() || !IsBelow(path, hang)) break;
    if (!waits) LeaveHangingMark();
    usleep(kPause);
  }
  const std::string fail = Instruction("fail");
  const size_t space = fail.find(' ');
  if (space != std::string::npos && IsBelow(path, fail.substr(space + 1))) {
    errno = std::atoi(fail.c_str());
    return false;
  }
  errno = kept_error;
  return true;
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

// As declared by the C library.
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return MayTouch(path) ? RealOpen(path, flags, mode) : -1;
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return MayTouch(path) ? RealOpen(path, flags, mode) : -1;
}

FILE* fopen(const char* path, const char* mode) {
  return MayTouch(path) ? Real<FILE*(const char*, const char*)>("fopen")(path, mode) : nullptr;
}

FILE* fopen64(const char* path, const char* mode) {
  return MayTouch(path) ? Real<FILE*(const char*, const char*)>("fopen64")(path, mode) : nullptr;
}

DIR* opendir(const char* path) {
  return MayTouch(path) ? Real<DIR*(const char*)>("opendir")(path) : nullptr;
}

int stat(const char* path, struct stat* result) {
  return MayTouch(path) ? Real<int(const char*, struct stat*)>("stat")(path, result) : -1;
}

int lstat(const char* path, struct stat* result) {
  return MayTouch(path) ? Real<int(const char*, struct stat*)>("lstat")(path, result) : -1;
}

int access(const char* path, int mode) {
  return MayTouch(path) ? Real<int(const char*, int)>("access")(path, mode) : -1;
}

int mkdir(const char* path, mode_t mode) {
  return MayTouch(path) ? Real<int(const char*, mode_t)>("mkdir")(path, mode) : -1;
}

int rename(const char* from, const char* to) {
  return MayTouch(to) ? Real<int(const char*, const char*)>("rename")(from, to) : -1;
}

int fsync(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = readlink(link.c_str(), path, sizeof(path) - 1);
  if (size > 0) {
    path[size] = '\0';
    if (!MayTouch(path)) return -1;
  }
  return Real<int(int)>("fsync")(descriptor);
}

}  // extern "C"
