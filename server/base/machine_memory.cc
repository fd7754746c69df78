#include "server/base/machine_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

// The number in a file of one line; unlimited when there is none, as in "max".
uint64_t ReadLimit(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  uint64_t limit = 0;
  return std::getline(file, line) && absl::SimpleAtoi(line, &limit) ? limit : kUnlimited;
}

uint64_t ReadTotal(const fs::path& meminfo) {
  std::ifstream file(meminfo);
  for (std::string word; file >> word;) {
    uint64_t kilobytes = 0;
    if (word == "MemTotal:" && file >> kilobytes) return kilobytes * 1024;
  }
  return kUnlimited;
}

// The least limit of the group `group` below `mount` and of those above it. In a container the
// process's own group is often the mount itself, whatever name it goes by outside.
uint64_t LeastLimit(const fs::path& mount, absl::string_view group, const char* file) {
  uint64_t least = ReadLimit(mount / file);
  absl::ConsumePrefix(&group, "/");
  fs::path folder = mount;
  for (const fs::path& part : fs::path(std::string(group))) {
    folder /= part;
    least = std::min(least, ReadLimit(folder / file));
  }
  return least;
}

}  // namespace

uint64_t MachineMemory(const fs::path& root) {
  uint64_t memory = ReadTotal(root / "proc/meminfo");
  const fs::path mount = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  // Lines such as "0::/user.slice" of version 2 and "4:memory:/docker/abc" of version 1.
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      memory = std::min(memory, LeastLimit(mount, group, "memory.max"));
    } else if (controllers == "memory") {
      memory = std::min(memory, LeastLimit(mount / "memory", group, "memory.limit_in_bytes"));
    }
  }
  return memory;
}

std::optional<std::string> MemoryWarning(uint64_t budgeted, uint64_t memory) {
  if (budgeted <= memory) return std::nullopt;
  return absl::StrCat(
      "--max_models_memory, --max_receive_bytes and --max_call_bytes add up to ", budgeted,
      " bytes, and machine and control group allow ", memory,
      ": when all are used up, the kernel ends the server; lower them, or give it more memory");
}

}  // namespace advae
