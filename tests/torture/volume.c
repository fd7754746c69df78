// Makes a server's volume slow, hanging or broken: preloaded (LD_PRELOAD), it delays or fails the
// calls for files below TORTURE_VOLUME as the file TORTURE_CONTROL says: absent, not at all; "hang",
// until that changes; "EIO", fails with that; a number, by so many milliseconds.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

// What the control file says; empty when there is none. Without the functions below.
static void read_control(char* text, size_t size) {
  text[0] = '\0';
  const char* const path = getenv("TORTURE_CONTROL");
  if (path == NULL) return;
  const long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  const long count = syscall(SYS_read, file, text, size - 1);
  text[count > 0 ? count : 0] = '\0';
  syscall(SYS_close, file);
}

// Waits as told. Returns whether the call must fail.
static int disturb(const char* path) {
  const char* const volume = getenv("TORTURE_VOLUME");
  if (volume == NULL || path == NULL || strncmp(path, volume, strlen(volume)) != 0) return 0;
  char control[16];
  for (read_control(control, sizeof control); strncmp(control, "hang", 4) == 0;
       read_control(control, sizeof control)) {
    sleep_ms(5);
  }
  if (strncmp(control, "EIO", 3) == 0) {
    errno = EIO;
    return 1;
  }
  const long ms = atol(control);
  if (ms > 0) sleep_ms(ms);
  return 0;
}

static int disturb_descriptor(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const long count = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (count <= 0) return 0;
  path[count] = '\0';
  return disturb(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP_OPEN(name)                                                      \
  int name(const char* path, int flags, ...) {                               \
    va_list arguments;                                                       \
    va_start(arguments, flags);                                              \
    const mode_t mode = va_arg(arguments, mode_t);                           \
    va_end(arguments);                                                       \
    return disturb(path) ? -1 : REAL(name)(path, flags, mode);               \
  }
WRAP_OPEN(open)
WRAP_OPEN(open64)

#define WRAP_OPENAT(name)                                                    \
  int name(int folder, const char* path, int flags, ...) {                   \
    va_list arguments;                                                       \
    va_start(arguments, flags);                                              \
    const mode_t mode = va_arg(arguments, mode_t);                           \
    va_end(arguments);                                                       \
    if (path[0] == '/' ? disturb(path) : disturb_descriptor(folder)) return -1; \
    return REAL(name)(folder, path, flags, mode);                            \
  }
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

FILE* fopen(const char* path, const char* mode) {
  return disturb(path) ? NULL : REAL(fopen)(path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return disturb(path) ? NULL : REAL(fopen64)(path, mode);
}
DIR* opendir(const char* path) { return disturb(path) ? NULL : REAL(opendir)(path); }
int rename(const char* from, const char* to) {
  return disturb(from) || disturb(to) ? -1 : REAL(rename)(from, to);
}
int mkdir(const char* path, mode_t mode) { return disturb(path) ? -1 : REAL(mkdir)(path, mode); }
int unlink(const char* path) { return disturb(path) ? -1 : REAL(unlink)(path); }
int rmdir(const char* path) { return disturb(path) ? -1 : REAL(rmdir)(path); }
int remove(const char* path) { return disturb(path) ? -1 : REAL(remove)(path); }
int access(const char* path, int mode) { return disturb(path) ? -1 : REAL(access)(path, mode); }
int stat(const char* restrict path, struct stat* restrict result) {
  return disturb(path) ? -1 : REAL(stat)(path, result);
}
int lstat(const char* restrict path, struct stat* restrict result) {
  return disturb(path) ? -1 : REAL(lstat)(path, result);
}
int stat64(const char* restrict path, struct stat64* restrict result) {
  return disturb(path) ? -1 : REAL(stat64)(path, result);
}
int lstat64(const char* restrict path, struct stat64* restrict result) {
  return disturb(path) ? -1 : REAL(lstat64)(path, result);
}
int fsync(int file) { return disturb_descriptor(file) ? -1 : REAL(fsync)(file); }
int fdatasync(int file) { return disturb_descriptor(file) ? -1 : REAL(fdatasync)(file); }
