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

// The names that FindDetector knows: the objectives of types.proto without their prefix (ADVAE,
// VAE, AE, ...), REFERENCE for weights trained elsewhere, and the baselines.
std::vector<std::string> DetectorNames();

// kInvalidArgument for a name that is not known and for REFERENCE without its folder.
absl::StatusOr<FitFunction> FindDetector(const std::string& name, const DetectorOptions& options);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_DETECTORS_H_
