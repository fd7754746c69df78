#include "experiments/detectors.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/baselines/baselines.h"
#include "experiments/missing_cells.h"
#include "experiments/peers/peers.h"
#include "model/base/status_macros.h"
#include "model/fitting/build_bundle.h"
#include "model/pytorch/weight_file.h"
#include "model/repository/network_tensors.h"
#include "model/scoring/loaded_version.h"
#include "model/scoring/scaler.h"
#include "model/scoring/version_bundle.h"
#include "model/spec/hyperparameters.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/survey/table_survey.h"
#include "model/table/table_view.h"
#include "model/training/train_bundle.h"

namespace advae {
namespace {

constexpr char kNetworksAlone[] = "ADVAE_NETWORKS";
constexpr char kToldContamination[] = "ADVAE_ROBUST";
constexpr char kVaesBesideMemory[] = "VAE_MEMORY";
constexpr char kReference[] = "REFERENCE";
constexpr char kObjectivePrefix[] = "OBJECTIVE_";

// Rows as the networks take them, through the encoder if there is one. Rows of one table.
Matrix Encoded(const TableEncoder& encoder, MatrixView rows) {
  Matrix features{.values = std::vector<float>(rows.rows * encoder.features()),
                  .columns = encoder.features()};
  encoder.Encode(rows, features.values, /*notes=*/{});
  return features;
}

absl::StatusOr<FittedDetector> FromBundle(absl::StatusOr<VersionBundle> bundle) {
  if (!bundle.ok()) return bundle.status();
  absl::StatusOr<std::shared_ptr<const LoadedVersion>> version =
      LoadedVersion::Create(*std::move(bundle));
  if (!version.ok()) return version.status();
  // The distribution lives as long as the version it belongs to.
  std::shared_ptr<const ScoreDistribution> distribution(*version, &(*version)->distribution());
  return FittedDetector{
      .score =
          [version = *std::move(version)](MatrixView rows) {
            std::vector<double> scores(rows.rows);
            const TableEncoder* const encoder = version->encoder();
            const Matrix encoded = encoder == nullptr ? Matrix() : Encoded(*encoder, rows);
            version->scorer().Score(encoder == nullptr ? rows : encoded.view(), scores);
            return scores;
          },
      .distribution = std::move(distribution)};
}

// The encoder that a table of these rows gets.
absl::StatusOr<std::unique_ptr<const TableEncoder>> FitEncoder(MatrixView rows) {
  v1::ColumnSetting number;
  number.set_name("*");
  number.set_kind(v1::COLUMN_KIND_NUMBER);
  TableSurvey survey({number}, /*strict=*/false);
  const v1::Table table = TableOf(rows);
  ADVAE_ASSIGN_OR_RETURN(const TableView view, TableView::Create(table, rows.columns));
  ADVAE_RETURN_IF_ERROR(survey.Add(view));
  ADVAE_ASSIGN_OR_RETURN(v1::TableSchema schema, survey.Finish());
  return TableEncoder::Create(std::move(schema));
}

FitFunction TrainedWith(const v1::Hyperparameters& hyperparameters,
                        const DetectorOptions& options) {
  return [hyperparameters, trimmed_share = options.trimmed_share](
             const FitInput& input) -> absl::StatusOr<FittedDetector> {
    BundleOptions bundle{.model = input.set, .seed = input.seed, .trimmed_share = trimmed_share};
    if (!HasMissingCells(input.rows)) {
      return FromBundle(TrainBundle(bundle, hyperparameters, input.rows, /*observer=*/{}));
    }
    ADVAE_ASSIGN_OR_RETURN(bundle.encoder, FitEncoder(input.rows));
    bundle.feature_names = bundle.encoder->feature_names();
    return FromBundle(TrainBundle(bundle, hyperparameters,
                                  Encoded(*bundle.encoder, input.rows).view(), /*observer=*/{}));
  };
}

// The hyper-parameters of the detectors that are trained; unset for the name of another one.
std::optional<v1::Hyperparameters> HyperparametersOf(const std::string& name,
                                                     v1::Hyperparameters hyperparameters) {
  if (name == kNetworksAlone) {
    hyperparameters.set_objective(v1::OBJECTIVE_ADVAE);
    hyperparameters.set_memory_rows(0);
    return hyperparameters;
  }
  if (name == kVaesBesideMemory) {
    // What the default recipe has.
    hyperparameters.set_objective(v1::OBJECTIVE_ADVAE);
    const uint32_t memory_rows =
        ResolveMemoryRows(hyperparameters, std::numeric_limits<uint32_t>::max());
    hyperparameters.set_objective(v1::OBJECTIVE_VAE);
    hyperparameters.set_memory_rows(memory_rows);
    if (!hyperparameters.has_ensemble_size()) hyperparameters.set_ensemble_size(3);
    return hyperparameters;
  }
  v1::Objective objective = v1::OBJECTIVE_UNSPECIFIED;
  if (!v1::Objective_Parse(kObjectivePrefix + name, &objective) ||
      objective == v1::OBJECTIVE_UNSPECIFIED) {
    return std::nullopt;
  }
  hyperparameters.set_objective(objective);
  return hyperparameters;
}

// The default recipe, told what share of the rows are anomalies.
FitFunction TrainedRobustly(const DetectorOptions& options) {
  return [options](const FitInput& input) {
    v1::Hyperparameters hyperparameters = options.hyperparameters;
    hyperparameters.set_contamination(input.contamination);
    return TrainedWith(hyperparameters, options)(input);
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

bool IsPeer(const std::string& name) { return std::ranges::count(PeerNames(), name) > 0; }

// A detector that is no peer.
absl::StatusOr<FitFunction> FindOwn(const std::string& name, const DetectorOptions& options) {
  if (const std::optional<v1::Hyperparameters> hyperparameters =
          HyperparametersOf(name, options.hyperparameters)) {
    return TrainedWith(*hyperparameters, options);
  }
  if (name == kToldContamination) return TrainedRobustly(options);
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

}  // namespace

std::vector<std::string> DetectorNames() {
  std::vector<std::string> names;
  const google::protobuf::EnumDescriptor& objectives = *v1::Objective_descriptor();
  for (int i = 0; i < objectives.value_count(); ++i) {
    if (objectives.value(i)->number() == v1::OBJECTIVE_UNSPECIFIED) continue;
    names.push_back(objectives.value(i)->name().substr(sizeof(kObjectivePrefix) - 1));
  }
  for (const char* const name :
       {kToldContamination, kNetworksAlone, kVaesBesideMemory, kReference}) {
    names.emplace_back(name);
  }
  for (const auto& [name, fit] : Baselines()) names.push_back(name);
  names.insert(names.end(), PeerNames().begin(), PeerNames().end());
  return names;
}

absl::StatusOr<std::vector<NamedDetector>> FindDetectors(const std::vector<std::string>& names,
                                                         const DetectorOptions& options) {
  std::vector<NamedDetector> detectors;
  std::shared_ptr<PeerProcess> peers;
  for (const std::string& name : names) {
    if (std::ranges::count(names, name) > 1) {
      return absl::InvalidArgumentError(absl::StrCat("detector ", name, " is given twice"));
    }
    if (!IsPeer(name)) {
      ADVAE_ASSIGN_OR_RETURN(FitFunction fit, FindOwn(name, options));
      detectors.push_back({.name = name, .fit = std::move(fit)});
      continue;
    }
    if (peers == nullptr) {
      ADVAE_ASSIGN_OR_RETURN(peers, PeerProcess::Start(PeerProcess::kPython));
    }
    detectors.push_back({.name = name, .fit = FitPeer(name, peers)});
  }
  return detectors;
}

}  // namespace advae
