#ifndef ADVAE_TESTS_TESTING_BLOCK_BUFFER_H_
#define ADVAE_TESTS_TESTING_BLOCK_BUFFER_H_

#include <algorithm>
#include <cstddef>
#include <ios>
#include <streambuf>
#include <string>
#include <utility>

namespace advae::testing {

// Hands out its text in blocks of the given size, as a pipe or a socket might.
class BlockBuffer : public std::streambuf {
 public:
  BlockBuffer(std::string text, size_t block) : text_(std::move(text)), block_(block) {}

 protected:
  int_type underflow() override {
    if (next_ == text_.size()) return traits_type::eof();
    const size_t size = std::min(block_, text_.size() - next_);
    setg(text_.data() + next_, text_.data() + next_, text_.data() + next_ + size);
    next_ += size;
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string text_;
  size_t block_;
  size_t next_ = 0;
};

// Hands out its text and then fails, as a disk might.
class FailingBuffer : public BlockBuffer {
 public:
  using BlockBuffer::BlockBuffer;

 protected:
  int_type underflow() override {
    const int_type c = BlockBuffer::underflow();
    if (c == traits_type::eof()) throw std::ios_base::failure("disk failure");
    return c;
  }
};

}  // namespace advae::testing

#endif  // ADVAE_TESTS_TESTING_BLOCK_BUFFER_H_
