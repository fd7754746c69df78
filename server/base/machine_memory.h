#ifndef ADVAE_SERVER_BASE_MACHINE_MEMORY_H_
#define ADVAE_SERVER_BASE_MACHINE_MEMORY_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace advae {

// Bytes of memory that this process may come to use: what the machine has, or less when a control
// group (version 1 or 2) of the process or one above it is limited to less. `root` is where /proc
// and /sys are found.
uint64_t MachineMemory(const std::filesystem::path& root = "/");

// What the log is to say when a server whose budgets add up to `budgeted` bytes runs with `memory`
// bytes; nothing when they fit.
std::optional<std::string> MemoryWarning(uint64_t budgeted, uint64_t memory);

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_MACHINE_MEMORY_H_
