#ifndef ADVAE_CLIENT_CLI_CANCELLABLE_INPUT_H_
#define ADVAE_CLIENT_CLI_CANCELLABLE_INPUT_H_

#include <istream>
#include <memory>
#include <streambuf>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/input_stop.h"

namespace advae {

// Reads a file descriptor, such as standard input, until another one becomes readable: a thread
// that waits for input can be told to stop. Both stay open as long as the object lives, which does
// not close them. Not thread-safe.
class CancellableInput : public std::streambuf {
 public:
  CancellableInput(int input, int cancel);

 protected:
  // Throws std::ios_base::failure when the read fails or is cancelled, which makes the stream
  // bad(): a cut input is not mistaken for its end.
  int_type underflow() override;
  // Whether the next read would not wait.
  std::streamsize showmanyc() override;

 private:
  int input_;
  int cancel_;
  std::vector<char> buffer_;
};

// Opens a file as OpenInputFile does. What is no ordinary file, such as a named pipe, is read until
// `stop`; opening a pipe does not wait for its writer, the first read does.
absl::StatusOr<std::unique_ptr<std::istream>> OpenCancellableFile(
    const std::string& path, const std::shared_ptr<const InputStop>& stop);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_CANCELLABLE_INPUT_H_
