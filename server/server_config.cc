#include "server/server_config.h"

#include <algorithm>

#include "server/options.h"

namespace advae {

absl::Status ServerConfig::Validate() const {
  ServerConfig config = *this;  // options can change what they check
  absl::Status status;
  for (const Option& option : OptionsOf(config)) status.Update(option.check());
  return status;
}

void ServerConfig::ShareMemory() {
  // What more than this would serve is rather versions.
  constexpr uint64_t kMost = uint64_t{1} << 30;
  max_receive_bytes = std::min(max_memory / 8, kMost);
  max_call_bytes = std::min(max_memory / 4, kMost);
  // gRPC breaks off without a word what is larger than all it may receive.
  max_message_bytes = std::min(max_message_bytes, static_cast<int64_t>(max_receive_bytes));
  max_models_memory = max_memory - max_memory / 8 - max_receive_bytes - max_call_bytes;
}

uint64_t ServerConfig::BudgetedMemory() const {
  // Each is at most 2^50.
  return max_models_memory + max_receive_bytes + max_call_bytes;
}

}  // namespace advae
