#include "client/cli/cancellable_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <istream>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace advae {
namespace {

// A pipe that closes with the test.
struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    CloseWriter();
  }
  void Write(const std::string& text) {
    ASSERT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void CloseWriter() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2];
};

TEST(CancellableInput, ReadsWhatArrivesUpToTheEnd) {
  Pipe input, cancel;
  CancellableInput buffer(input.ends[0], cancel.ends[0]);
  std::istream stream(&buffer);
  std::string line;
  input.Write("one\ntwo");
  EXPECT_TRUE(std::getline(stream, line));
  EXPECT_EQ(line, "one");
  input.Write(" halves\n");
  EXPECT_TRUE(std::getline(stream, line));
  EXPECT_EQ(line, "two halves");
  input.CloseWriter();
  EXPECT_FALSE(std::getline(stream, line));
  EXPECT_TRUE(stream.eof());
  EXPECT_FALSE(stream.bad());
}

TEST(CancellableInput, TellsWhetherInputHasArrived) {
  Pipe input, cancel;
  CancellableInput buffer(input.ends[0], cancel.ends[0]);
  EXPECT_EQ(buffer.in_avail(), 0);
  input.Write("ab");
  EXPECT_NE(buffer.in_avail(), 0);
  EXPECT_EQ(buffer.sbumpc(), 'a');
  EXPECT_EQ(buffer.in_avail(), 1);
  EXPECT_EQ(buffer.sbumpc(), 'b');
  EXPECT_EQ(buffer.in_avail(), 0);
  input.CloseWriter();
  EXPECT_NE(buffer.in_avail(), 0);  // the end
}

TEST(CancellableInput, ACancelledReadDoesNotWait) {
  Pipe input, cancel;
  CancellableInput buffer(input.ends[0], cancel.ends[0]);
  cancel.Write("x");
  EXPECT_NE(buffer.in_avail(), 0);
}

TEST(CancellableInput, ACancelledReadIsNotAnEnd) {
  Pipe input, cancel;
  CancellableInput buffer(input.ends[0], cancel.ends[0]);
  std::istream stream(&buffer);
  std::thread canceller([&] { cancel.Write("x"); });
  EXPECT_EQ(stream.get(), std::istream::traits_type::eof());
  EXPECT_TRUE(stream.bad());
  canceller.join();
}

TEST(CancellableInput, AFailedReadIsNotAnEnd) {
  Pipe cancel;
  const int folder = open("/", O_RDONLY);
  ASSERT_GE(folder, 0);
  CancellableInput buffer(folder, cancel.ends[0]);
  std::istream stream(&buffer);
  EXPECT_EQ(stream.get(), std::istream::traits_type::eof());
  EXPECT_TRUE(stream.bad());
  close(folder);
}

}  // namespace
}  // namespace advae
