#ifndef ADVAE_EXPERIMENTS_DETECTORS_H_
#define ADVAE_EXPERIMENTS_DETECTORS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "experiments/detector.h"

namespace advae {

struct DetectorOptions {
  // For the detectors that are objectives of advae::training; their objective is overridden.
  v1::Hyperparameters hyperparameters = {};
  // BundleOptions::trimmed_share of the same detectors.
  double trimmed_share = 0;
  // Folder with NAME/{encoder,generator}.{safetensors,pt} for detector REFERENCE.
  std::optional<std::filesystem::path> reference = std::nullopt;
};

// The names that FindDetectors knows: the objectives of types.proto without their prefix (ADVAE,
// VAE, AE, ...), ADVAE being the default recipe; variants of it, ADVAE_ROBUST that is told
// FitInput::contamination, ADVAE_NETWORKS without a memory and VAE_MEMORY with VAEs beside it;
// REFERENCE for weights trained elsewhere; the baselines and the peers.
std::vector<std::string> DetectorNames();

// In the order of `names`. The peers among them share one process, which starts here.
//
// kInvalidArgument for a name that is not known or there twice, and for REFERENCE without its
// folder; errors of PeerProcess::Start.
absl::StatusOr<std::vector<NamedDetector>> FindDetectors(const std::vector<std::string>& names,
                                                         const DetectorOptions& options);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_DETECTORS_H_
