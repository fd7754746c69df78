#ifndef ADVAE_CLIENT_CLI_CANCELLABLE_INPUT_H_
#define ADVAE_CLIENT_CLI_CANCELLABLE_INPUT_H_

#include <streambuf>
#include <vector>

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

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_CANCELLABLE_INPUT_H_
