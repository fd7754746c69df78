#ifndef ADVAE_SERVER_MODELS_VERSION_SELECTION_H_
#define ADVAE_SERVER_MODELS_VERSION_SELECTION_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/scoring/version_memory.h"

namespace advae {

// What all versions that a server holds may take of memory together.
struct ModelMemoryLimit {
  uint64_t bytes = std::numeric_limits<uint64_t>::max();
  uint64_t threads = 1;  // that score
};

// A version that the repository has.
struct VersionCandidate {
  // The lower the earlier it gets its room: nothing that works stops for something new.
  enum class Claim {
    kServing,       // answers the requests of this server that name no version
    kToServe,       // is to do so, as the repository says
    kOnlyWhenNamed  // the newer ones of a model first
  };

  std::string model;
  uint64_t version = 0;
  Claim claim = Claim::kOnlyWhenNamed;
  uint64_t newer_versions = 0;  // of the model
  VersionMemory memory;
  // These do not matter for the selection.
  std::string created_by = {};  // VersionInfo.created_by
  uint64_t file_bytes = 0;      // of weights and scores
};

// Which of `candidates` to hold, in their order: goes through them by claim, then by the number of
// newer versions, model and version, and takes each that fits beside those before it. Servers that
// have the same budget and repository, and let the same versions serve, so hold the same versions.
std::vector<bool> SelectVersions(const std::vector<VersionCandidate>& candidates,
                                 const ModelMemoryLimit& budget);

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_VERSION_SELECTION_H_
