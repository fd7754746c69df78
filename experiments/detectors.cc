#include "experiments/detectors.h"

#include <map>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/baselines/baselines.h"
#include "model/base/status_macros.h"
#include "model/fitting/build_bundle.h"
#include "model/pytorch/weight_file.h"
#include "model/repository/network_tensors.h"
#include "model/scoring/loaded_version.h"
#include "model/scoring/scaler.h"
#include "model/scoring/version_bundle.h"
#include "model/training/train_bundle.h"

namespace advae {
namespace {

constexpr char kReference[] = "REFERENCE";
constexpr char kObjectivePrefix[] = "OBJECTIVE_";

absl::StatusOr<FittedDetector> FromBundle(absl::StatusOr<VersionBundle> bundle) {
  if (!bundle.ok()) return bundle.status();
  absl::StatusOr<std::shared_ptr<const LoadedVersion>> version =
      LoadedVersion::Create(*std::move(bundle));
  if (!version.ok()) return version.status();
  // The distribution lives as long as the version it belongs to.
  std::shared_ptr<const ScoreDistribution> distribution(*version, &(*version)->distribution());
  return FittedDetector{.score =
                            [version = *std::move(version)](MatrixView rows) {
                              std::vector<double> scores(rows.rows);
                              version->scorer().Score(rows, scores);
                              return scores;
                            },
                        .distribution = std::move(distribution)};
}

FitFunction TrainedWith(v1::Objective objective, const DetectorOptions& options) {
  v1::Hyperparameters hyperparameters = options.hyperparameters;
  hyperparameters.set_objective(objective);
  return [hyperparameters, trimmed_share = options.trimmed_share](const FitInput& input) {
    return FromBundle(
        TrainBundle({.model = input.set, .seed = input.seed, .trimmed_share = trimmed_share},
                    hyperparameters, input.rows, /*observer=*/{}));
  };
}

absl::StatusOr<TensorMap> ReadEitherFormat(const std::filesystem::path& stem) {
  std::error_code ignored;
  const bool is_safetensors = std::filesystem::exists(stem.string() + ".safetensors", ignored);
  return ReadWeightFile(stem.string() + (is_safetensors ? ".safetensors" : ".pt"));
}

absl::StatusOr<FittedDetector> FitReference(const std::filesystem::path& folder,
                                            const FitInput& input) {
  ADVAE_ASSIGN_OR_RETURN(const TensorMap encoder, ReadEitherFormat(folder / input.set / "encoder"));
  ADVAE_ASSIGN_OR_RETURN(const TensorMap generator,
                         ReadEitherFormat(folder / input.set / "generator"));
  ADVAE_ASSIGN_OR_RETURN(NetworkWeights weights, WeightsFromTensors(encoder, generator));
  ADVAE_ASSIGN_OR_RETURN(MinMaxScaler scaler, MinMaxScaler::Fit(input.rows));
  return FromBundle(BuildBundle({.model = input.set, .seed = input.seed}, input.rows,
                                {.networks = {std::move(weights)}}, std::move(scaler)));
}

}  // namespace

std::vector<std::string> DetectorNames() {
  std::vector<std::string> names;
  const google::protobuf::EnumDescriptor& objectives = *v1::Objective_descriptor();
  for (int i = 0; i < objectives.value_count(); ++i) {
    if (objectives.value(i)->number() == v1::OBJECTIVE_UNSPECIFIED) continue;
    names.push_back(objectives.value(i)->name().substr(sizeof(kObjectivePrefix) - 1));
  }
  names.emplace_back(kReference);
  for (const auto& [name, fit] : Baselines()) names.push_back(name);
  return names;
}

absl::StatusOr<FitFunction> FindDetector(const std::string& name, const DetectorOptions& options) {
  v1::Objective objective = v1::OBJECTIVE_UNSPECIFIED;
  if (v1::Objective_Parse(kObjectivePrefix + name, &objective) &&
      objective != v1::OBJECTIVE_UNSPECIFIED) {
    return TrainedWith(objective, options);
  }
  if (name == kReference) {
    if (!options.reference) {
      return absl::InvalidArgumentError("detector REFERENCE needs --reference=DIR");
    }
    return [folder = *options.reference](const FitInput& input) {
      return FitReference(folder, input);
    };
  }
  const std::map<std::string, FitFunction>& baselines = Baselines();
  if (const auto found = baselines.find(name); found != baselines.end()) return found->second;
  return absl::InvalidArgumentError(absl::StrCat("there is no detector \"", name, "\"; there are ",
                                                 absl::StrJoin(DetectorNames(), ", ")));
}

}  // namespace advae
