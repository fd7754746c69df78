#include "client/cli/cancellable_input.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <ios>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/file_descriptor.h"
#include "model/base/input_file.h"

namespace advae {
namespace {

class CancellableFile : public std::istream {
 public:
  CancellableFile(FileDescriptor file, std::shared_ptr<const InputStop> stop)
      : std::istream(nullptr),
        file_(std::move(file)),
        stop_(std::move(stop)),
        input_(file_.get(), stop_->descriptor()) {
    rdbuf(&input_);
  }

 private:
  FileDescriptor file_;
  std::shared_ptr<const InputStop> stop_;
  CancellableInput input_;
};

}  // namespace

CancellableInput::CancellableInput(int input, int cancel)
    : input_(input), cancel_(cancel), buffer_(size_t{64} << 10) {}

CancellableInput::int_type CancellableInput::underflow() {
  ssize_t count = -1;
  do {
    pollfd files[] = {{.fd = input_, .events = POLLIN, .revents = 0},
                      {.fd = cancel_, .events = POLLIN, .revents = 0}};
    if (poll(files, 2, -1) < 0 && errno != EINTR) throw std::ios_base::failure("poll");
    if (files[1].revents != 0) throw std::ios_base::failure("cancelled");
    if (files[0].revents != 0) count = read(input_, buffer_.data(), buffer_.size());
  } while (count < 0 && (errno == EINTR || errno == EAGAIN));
  if (count < 0) throw std::ios_base::failure("read");
  setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
  return count == 0 ? traits_type::eof() : traits_type::to_int_type(buffer_.front());
}

std::streamsize CancellableInput::showmanyc() {
  pollfd files[] = {{.fd = input_, .events = POLLIN, .revents = 0},
                    {.fd = cancel_, .events = POLLIN, .revents = 0}};
  return poll(files, 2, 0) > 0 ? 1 : 0;
}

absl::StatusOr<std::unique_ptr<std::istream>> OpenCancellableFile(
    const std::string& path, const std::shared_ptr<const InputStop>& stop) {
  std::error_code ignored;
  const std::filesystem::file_status found = std::filesystem::status(path, ignored);
  if (!std::filesystem::is_other(found)) return OpenInputFile(path);
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  return std::make_unique<CancellableFile>(std::move(file), stop);
}

}  // namespace advae
