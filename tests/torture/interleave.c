// Widens the windows between threads: preloaded (LD_PRELOAD), it delays one in sixteen returns from
// absl::Mutex::Unlock into the program itself by up to two milliseconds, so that what must not be
// touched after an unlock has long gone when it is.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <time.h>

// As Debian 12 names it.
#define UNLOCK "_ZN4absl7debian35Mutex6UnlockEv"

static uintptr_t begin, end;  // of the program's code

static int find_program(struct dl_phdr_info* info, size_t size, void* unused) {
  (void)size, (void)unused;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)* const part = &info->dlpi_phdr[i];
    if (part->p_type == PT_LOAD && (part->p_flags & PF_X)) {
      begin = info->dlpi_addr + part->p_vaddr;
      end = begin + part->p_memsz;
    }
  }
  return 1;  // the first one is the program
}

static void (*real_unlock)(void*);

__attribute__((constructor)) static void start(void) {
  dl_iterate_phdr(find_program, NULL);
  real_unlock = (void (*)(void*))dlsym(RTLD_NEXT, UNLOCK);
}

void delayed_unlock(void* mutex) __asm__(UNLOCK);
void delayed_unlock(void* mutex) {
  static __thread uint32_t random;
  const uintptr_t caller = (uintptr_t)__builtin_return_address(0);
  if (real_unlock == NULL) real_unlock = (void (*)(void*))dlsym(RTLD_NEXT, UNLOCK);
  real_unlock(mutex);
  if (caller < begin || caller >= end) return;
  if (random == 0) random = (uint32_t)(uintptr_t)&random | 1;
  random ^= random << 13, random ^= random >> 17, random ^= random << 5;
  if (random % 16 != 0) return;
  const struct timespec delay = {0, random % 2000000};
  nanosleep(&delay, NULL);
}
