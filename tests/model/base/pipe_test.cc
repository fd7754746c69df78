#include "model/base/pipe.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

TEST(PipeTest, CarriesBytesToItsEnd) {
  ASSERT_OK_AND_ASSIGN(Pipe pipe, MakePipe());
  ASSERT_EQ(write(pipe.write_end.get(), "ab", 2), 2);
  pipe.write_end.Close();
  char bytes[8];
  EXPECT_EQ(read(pipe.read_end.get(), bytes, sizeof(bytes)), 2);
  EXPECT_EQ(read(pipe.read_end.get(), bytes, sizeof(bytes)), 0);
}

TEST(PipeTest, IsAboveWhatAChildGetsAndNotInherited) {
  ASSERT_OK_AND_ASSIGN(const Pipe pipe, MakePipe());
  for (const FileDescriptor* const end : {&pipe.read_end, &pipe.write_end}) {
    EXPECT_GT(end->get(), 3);
    EXPECT_EQ(fcntl(end->get(), F_GETFD), FD_CLOEXEC);
  }
}

}  // namespace
}  // namespace advae
