#include "client/cli/cancellable_input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <ios>

namespace advae {

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

}  // namespace advae
