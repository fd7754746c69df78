#ifndef ADVAE_SERVER_MODELS_READ_VERSION_H_
#define ADVAE_SERVER_MODELS_READ_VERSION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "model/repository/repository.h"
#include "model/scoring/loaded_version.h"

namespace advae {

// Makes what the first use of a message makes, without the memory for which Protobuf would keep a
// lock, and the next use would wait for it. Before ReadVersion, while there is memory.
void PrepareToReadVersions();

// A version of `repository`, ready to score. kResourceExhausted when memory runs out, or the system
// would not give as much as the version takes and some more, which the process survives; kDataLoss
// when the parts of the version do not fit each other; otherwise as Repository::Load.
absl::StatusOr<std::shared_ptr<const LoadedVersion>> ReadVersion(const Repository& repository,
                                                                 const std::string& model,
                                                                 uint64_t version);

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_READ_VERSION_H_
