#include "model/worker/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/file_descriptor.h"
#include "model/base/status_macros.h"
#include "model/base/system_error.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kConfines = false;
#else
constexpr bool kConfines = true;
#endif

// The first version in which a file can be renamed into another folder.
constexpr int kLeastVersion = 2;
constexpr int kTruncateVersion = 3;
// The headers of Debian 12 are older.
constexpr uint64_t kTruncate = uint64_t{1} << 14;

constexpr uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kRename = kRead | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                             LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                             LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER;
constexpr uint64_t kWrite = kRename | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr uint64_t kAll = kWrite | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                          LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                          LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
// Those that a file can have, and not only a folder.
constexpr uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                              LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

constexpr const char* kSystemFiles[] = {
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/dev/urandom",
    "/sys/devices/system",
};

absl::Status Refused(const char* what, int error) {
  const std::string message = absl::StrCat(what, ": ", SystemErrorMessage(error));
  return error == ENOSYS || error == EOPNOTSUPP ? absl::UnimplementedError(message)
                                                : absl::InternalError(message);
}

absl::Status Allow(int rules, const fs::path& path, uint64_t rights) {
  const FileDescriptor descriptor(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (descriptor.get() < 0) return absl::OkStatus();
  struct stat status = {};
  if (fstat(descriptor.get(), &status) != 0) return Refused("fstat", errno);
  landlock_path_beneath_attr rule = {};
  rule.allowed_access = S_ISDIR(status.st_mode) ? rights : rights & kOfFiles;
  rule.parent_fd = descriptor.get();
  if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
    return absl::OkStatus();
  }
  return Refused("landlock_add_rule", errno);
}

// Of this process; 1 when the system does not tell.
size_t CountThreads() {
  std::error_code ignored;
  const auto entries = std::distance(fs::directory_iterator("/proc/self/task", ignored), {});
  return static_cast<size_t>(std::max<std::ptrdiff_t>(entries, 1));
}

// Calls that a worker has no use for. What else there is, is left to it: libraries use more and
// other calls with every version.
constexpr int kForbidden[] = {
    // The network, and other ways to processes.
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(shmget),
    SCMP_SYS(msgget),
    SCMP_SYS(mq_open),
    // Programs and processes.
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(personality),
    // The system.
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(fsconfig),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(reboot),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
};

}  // namespace

absl::Status ConfineFiles(const NeededFiles& files) {
  if (!kConfines) return absl::OkStatus();
  const auto version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 0) return Refused("landlock_create_ruleset", errno);
  if (version < kLeastVersion) {
    return absl::UnimplementedError(absl::StrCat(
        "the kernel has version ", version, " of Landlock; expected at least ", kLeastVersion));
  }
  const uint64_t known = version < kTruncateVersion ? kAll & ~kTruncate : kAll;
  landlock_ruleset_attr attributes = {};
  attributes.handled_access_fs = known;
  const FileDescriptor rules(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  if (rules.get() < 0) return Refused("landlock_create_ruleset", errno);

  for (const char* path : kSystemFiles) ADVAE_RETURN_IF_ERROR(Allow(rules.get(), path, kRead));
  for (const auto& [paths, rights] :
       {std::pair(&files.read, kRead), std::pair(&files.rename, kRename),
        std::pair(&files.write, kWrite)}) {
    for (const fs::path& path : *paths) {
      ADVAE_RETURN_IF_ERROR(Allow(rules.get(), path, rights & known));
    }
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused("prctl", errno);
  const size_t threads = CountThreads();
  if (syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0) {
    return Refused("landlock_restrict_self", errno);
  }
  if (threads == 1) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(threads - 1,
                   " other threads run already, which Landlock does not reach; a library such as "
                   "OpenBLAS has started them"));
}

// Forbids what a call may do to other processes. Forks are forbidden as calls of clone; clone3, of
// whose arguments a filter sees nothing, does not exist, and the C library falls back to clone.
int ForbidByArguments(scmp_filter_ctx filter, uint32_t deny) {
  const auto self = static_cast<scmp_datum_t>(getpid());
  const scmp_arg_cmp others = SCMP_A0(SCMP_CMP_NE, self);
  int error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  // Threads are signalled by abort() and limits read by libraries: of this process only.
  for (const int call :
       {SCMP_SYS(tgkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo)}) {
    if (error == 0) error = seccomp_rule_add(filter, deny, call, 1, others);
  }
  if (error == 0) {
    error = seccomp_rule_add(filter, deny, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0));
  }
  if (error == 0) {
    error = seccomp_rule_add(filter, deny, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  }
  return error;
}

absl::Status ConfineSystemCalls() {
  if (!kConfines) return absl::OkStatus();
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                seccomp_release);
  if (filter == nullptr) return absl::InternalError("seccomp_init failed");
  constexpr uint32_t kDeny = SCMP_ACT_ERRNO(EPERM);
  for (const int call : kForbidden) {
    // Some do not exist on all processors.
    if (call < 0) continue;
    const int error = seccomp_rule_add(filter.get(), kDeny, call, 0);
    if (error != 0) return Refused("seccomp_rule_add", -error);
  }
  int error = ForbidByArguments(filter.get(), kDeny);
  // Also for the threads that libraries have started before main().
  if (error == 0) error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (error == 0) error = seccomp_load(filter.get());
  if (error == 0) return absl::OkStatus();
  // Kernels without filters say that the argument is invalid.
  return error == -EINVAL ? absl::UnimplementedError("the kernel has no seccomp filters")
                          : Refused("seccomp", -error);
}

}  // namespace advae
