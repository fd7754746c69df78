#include "server/server_config.h"

#include "server/options.h"

namespace advae {

absl::Status ServerConfig::Validate() const {
  ServerConfig config = *this;  // options can change what they check
  absl::Status status;
  for (const Option& option : OptionsOf(config)) status.Update(option.check());
  return status;
}

uint64_t ServerConfig::BudgetedMemory() const {
  // Each is at most 2^50.
  return max_models_memory + max_receive_bytes + max_call_bytes;
}

}  // namespace advae
