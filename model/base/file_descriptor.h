#ifndef ADVAE_MODEL_BASE_FILE_DESCRIPTOR_H_
#define ADVAE_MODEL_BASE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace advae {

// Owns a file descriptor; closes it at the end of its life. Negative when it owns none.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  int get() const { return descriptor_; }
  // Gives the descriptor to the caller.
  int Release() { return std::exchange(descriptor_, -1); }
  void Close() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace advae

#endif  // ADVAE_MODEL_BASE_FILE_DESCRIPTOR_H_
