#include "server/base/machine_memory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

class MachineMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override { Write("proc/meminfo", "MemTotal:       1000 kB\nMemFree: 5 kB\n"); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.path() / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  uint64_t Memory() const { return MachineMemory(root_.path()); }

  const testing::TemporaryFolder root_;
};

TEST_F(MachineMemoryTest, IsThatOfTheMachineWithoutLimits) {
  EXPECT_EQ(Memory(), 1'024'000);
  Write("proc/self/cgroup", "0::/\n");
  EXPECT_EQ(Memory(), 1'024'000);
  Write("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_EQ(Memory(), 1'024'000);
}

TEST_F(MachineMemoryTest, TheGroupOfAContainerIsTheRootThatItSees) {
  Write("proc/self/cgroup", "0::/\n");
  Write("sys/fs/cgroup/memory.max", "500000\n");
  EXPECT_EQ(Memory(), 500'000);
}

TEST_F(MachineMemoryTest, GroupsAboveCountToo) {
  Write("proc/self/cgroup", "0::/system.slice/advae.service\n");
  Write("sys/fs/cgroup/system.slice/memory.max", "400000\n");
  Write("sys/fs/cgroup/system.slice/advae.service/memory.max", "max\n");
  EXPECT_EQ(Memory(), 400'000);
  Write("sys/fs/cgroup/system.slice/advae.service/memory.max", "300000\n");
  EXPECT_EQ(Memory(), 300'000);
}

TEST_F(MachineMemoryTest, ReadsVersionOne) {
  Write("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/docker/abc\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(Memory(), 1'024'000);
  Write("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "200000\n");
  EXPECT_EQ(Memory(), 200'000);
}

TEST_F(MachineMemoryTest, NonsenseIsNoLimit) {
  Write("proc/self/cgroup", "nonsense\n:\n0::/\n");
  Write("sys/fs/cgroup/memory.max", "-5\n");
  EXPECT_EQ(Memory(), 1'024'000);
}

TEST(MachineMemory, IsThatOfThisMachine) {
  EXPECT_GT(MachineMemory(), uint64_t{64} << 20);
  EXPECT_LT(MachineMemory(), uint64_t{1} << 50);
}

TEST(MemoryWarningTest, WarnsOfMoreThanThereIs) {
  EXPECT_EQ(MemoryWarning(1000, 1000), std::nullopt);
  EXPECT_THAT(
      MemoryWarning(1001, 1000),
      ::testing::Optional(::testing::HasSubstr(
          "--max_call_bytes add up to 1001 bytes, and machine and control group allow 1000")));
}

}  // namespace
}  // namespace advae
