#include "model/repository/bundle_files.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "model/base/file_io.h"
#include "model/base/json_file.h"
#include "model/base/sha256.h"
#include "model/base/status_macros.h"
#include "model/distribution/score_distribution.h"
#include "model/repository/ensemble_tensors.h"
#include "model/repository/neighborhood_tensors.h"
#include "model/repository/safetensors.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/threshold_history.h"

namespace advae {
namespace {

// Of a version as the paper's, which older releases read too, of any other of networks alone, of
// one with a neighbourhood, of one with a schema, with or without a neighbourhood, of one whose
// scaler has compressed ends, with or without either, and of one with relations.
constexpr uint32_t kPlainFormat = 1;
constexpr uint32_t kEnsembleFormat = 2;
constexpr uint32_t kNeighborhoodFormat = 3;
constexpr uint32_t kSchemaFormat = 4;
constexpr uint32_t kCompressedFormat = 5;
constexpr uint32_t kRelationsFormat = 6;
constexpr char kCompressedEnds[] = "scaler.compressed_ends";
constexpr char kImputed[] = "missing.imputed";
constexpr char kWeightsFile[] = "weights.safetensors";
constexpr char kScoresFile[] = "scores.safetensors";
constexpr char kManifestFile[] = "manifest.json";
constexpr char kDigestFile[] = "manifest.sha256";

// A line as sha256sum prints and checks it.
std::string DigestLine(std::string_view manifest) {
  return absl::StrCat(Sha256Hex(manifest), "  ", kManifestFile, "\n");
}

bool HasRelations(const VersionBundle& bundle) {
  return bundle.neighborhood && bundle.neighborhood->relations;
}

TensorMap WeightTensors(const VersionBundle& bundle) {
  TensorMap tensors;
  AddEnsemble(bundle.ensemble, tensors);
  const size_t columns = bundle.scaler.columns();
  tensors["scaler.minimum"] = FloatTensor({columns}, bundle.scaler.minimum());
  tensors["scaler.maximum"] = FloatTensor({columns}, bundle.scaler.maximum());
  tensors["latent_plan.points"] =
      FloatTensor({bundle.plan.samples, bundle.plan.latent_size}, bundle.plan.points);
  if (bundle.neighborhood) AddNeighborhood(*bundle.neighborhood, tensors);
  if (bundle.missing) tensors[kImputed] = FloatTensor({columns}, bundle.missing->imputed);
  if (HasRelations(bundle)) {
    const double compresses = bundle.scaler.compresses_ends() ? 1 : 0;
    tensors[kCompressedEnds] = Tensor{DType::kF64, {1}, {compresses}};
  }
  return tensors;
}

absl::StatusOr<v1::BundleFile> WriteTensors(const std::filesystem::path& folder, const char* name,
                                            const TensorMap& tensors) {
  const std::string bytes = SerializeSafetensors(tensors);
  ADVAE_RETURN_IF_ERROR(WriteFileSynced(folder / name, bytes));
  v1::BundleFile file;
  file.set_name(name);
  file.set_bytes(bytes.size());
  file.set_sha256(Sha256Hex(bytes));
  return file;
}

absl::Status DataLoss(const std::filesystem::path& path, absl::string_view what) {
  return absl::DataLossError(absl::StrCat(path.string(), ": ", what));
}

// What was found in the file, or its error as one of the file.
template <class Part>
absl::StatusOr<Part> FoundIn(const std::filesystem::path& path, absl::StatusOr<Part> part) {
  if (part.ok()) return part;
  return DataLoss(path, part.status().message());
}

// ReadFile, for a file that a bundle must have.
absl::StatusOr<std::string> ReadPart(const std::filesystem::path& path,
                                     uint64_t max_bytes = kMaxSmallFileBytes) {
  absl::StatusOr<std::string> bytes = ReadFile(path, max_bytes);
  if (absl::IsNotFound(bytes.status())) return DataLoss(path, "the file is missing");
  return bytes;
}

// Reads a tensor file as the manifest describes it.
absl::StatusOr<TensorMap> ReadTensors(const std::filesystem::path& folder, const char* name,
                                      const v1::VersionManifest& manifest) {
  const std::filesystem::path path = folder / name;
  const v1::BundleFile* expected = nullptr;
  for (const v1::BundleFile& file : manifest.files()) {
    if (file.name() == name) expected = &file;
  }
  if (expected == nullptr) return DataLoss(path, "the manifest does not list this file");
  // Before memory is spent on it.
  std::error_code unknown;
  if (const uint64_t size = std::filesystem::file_size(path, unknown);
      !unknown && size != expected->bytes()) {
    return DataLoss(path,
                    absl::StrCat("the file has ", size, " bytes, expected ", expected->bytes()));
  }
  ADVAE_ASSIGN_OR_RETURN(std::string bytes, ReadPart(path, expected->bytes()));
  if (Sha256Hex(bytes) != expected->sha256()) {
    return DataLoss(path, "the file was altered: its SHA-256 is not that of the manifest");
  }
  return FoundIn(path, ParseSafetensors(bytes));
}

absl::StatusOr<bool> TakeCompressedEnds(uint32_t format, TensorMap& tensors) {
  if (format != kRelationsFormat) return format == kCompressedFormat;
  ADVAE_ASSIGN_OR_RETURN(const Tensor flag, TakeTensor(kCompressedEnds, 1, tensors));
  if (flag.values.size() == 1 && (flag.values[0] == 0 || flag.values[0] == 1)) {
    return flag.values[0] == 1;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("tensor ", kCompressedEnds, ": expected one number, 0 or 1"));
}

absl::StatusOr<MinMaxScaler> TakeScaler(uint32_t format, TensorMap& tensors) {
  ADVAE_ASSIGN_OR_RETURN(const bool compresses_ends, TakeCompressedEnds(format, tensors));
  ADVAE_ASSIGN_OR_RETURN(const Tensor minimum, TakeTensor("scaler.minimum", 1, tensors));
  ADVAE_ASSIGN_OR_RETURN(const Tensor maximum, TakeTensor("scaler.maximum", 1, tensors));
  ADVAE_ASSIGN_OR_RETURN(MinMaxScaler scaler,
                         MinMaxScaler::FromRanges(ToFloats(minimum), ToFloats(maximum)));
  return compresses_ends ? std::move(scaler).WithCompressedEnds() : std::move(scaler);
}

absl::StatusOr<LatentPlan> TakePlan(const v1::LatentPlanSpec& spec, TensorMap& tensors) {
  ADVAE_ASSIGN_OR_RETURN(const Tensor points, TakeTensor("latent_plan.points", 2, tensors));
  const uint64_t samples = points.shape[0];
  if (samples == 0 || samples > kMaxSamples) {
    return absl::InvalidArgumentError(
        absl::StrCat("the latent plan has ", samples, " samples, expected 1 to ", kMaxSamples));
  }
  ADVAE_RETURN_IF_ERROR(CheckPlanSize(samples, points.shape[1]));
  return LatentPlan{.spec = spec,
                    .samples = points.shape[0],
                    .latent_size = points.shape[1],
                    .points = ToFloats(points)};
}

// Whether the ensemble's tensors have the form of one plain member.
bool IsPlainFormat(const v1::VersionManifest& manifest, const TensorMap& tensors) {
  if (manifest.format() < kNeighborhoodFormat) return manifest.format() == kPlainFormat;
  return HoldsPlainEnsemble(tensors);
}

// Reads how the version takes tables, by the schema in `bundle.info`, and missing values.
absl::Status TakeTableParts(const std::filesystem::path& folder, TensorMap& tensors,
                            VersionBundle& bundle) {
  if (!bundle.info.has_schema()) {
    return DataLoss(folder, "the manifest has no schema, which its format has");
  }
  ADVAE_ASSIGN_OR_RETURN(
      bundle.encoder, FoundIn(folder / kManifestFile, TableEncoder::Create(bundle.info.schema())));
  const TableEncoder& encoder = *bundle.encoder;
  if (encoder.features() != static_cast<size_t>(bundle.info.features_size())) {
    return DataLoss(
        folder, absl::StrCat("the schema has ", encoder.features(), " features, but the manifest ",
                             bundle.info.features_size()));
  }
  if (encoder.schema().strict()) return absl::OkStatus();
  ADVAE_ASSIGN_OR_RETURN(const Tensor imputed,
                         FoundIn(folder / kWeightsFile, TakeTensor(kImputed, 1, tensors)));
  bundle.missing = MissingValues{.imputed = ToFloats(imputed),
                                 .unusual = encoder.tells_unusual_missing(),
                                 .marks = encoder.marks()};
  if (absl::Status status = bundle.missing->Validate(encoder.features()); !status.ok()) {
    return DataLoss(folder / kWeightsFile, status.message());
  }
  return absl::OkStatus();
}

absl::Status CheckFeatureNames(const std::filesystem::path& folder, const v1::VersionInfo& info) {
  std::set<std::string_view> names;
  for (const v1::Feature& feature : info.features()) {
    if (!feature.name().empty() && names.insert(feature.name()).second) continue;
    return DataLoss(folder, absl::StrCat("the manifest has the feature name \"", feature.name(),
                                         "\", expected unique names with characters"));
  }
  return absl::OkStatus();
}

// The parts have to fit each other and what the metadata says of them.
absl::Status CheckConsistency(const std::filesystem::path& folder, const VersionBundle& bundle) {
  const NetworkWeights& networks = bundle.ensemble.front().networks;
  const size_t features = networks.features();
  const v1::VersionInfo& info = bundle.info;
  if (bundle.scaler.columns() != features ||
      static_cast<size_t>(info.features_size()) != features) {
    return DataLoss(
        folder, absl::StrCat("the networks take ", features, " features, but the scaler has ",
                             bundle.scaler.columns(), " and the manifest ", info.features_size()));
  }
  if (bundle.plan.latent_size != networks.latent_size() ||
      bundle.plan.samples != info.latent_plan().samples()) {
    return DataLoss(
        folder,
        absl::StrCat("the latent plan is ", bundle.plan.samples, " x ", bundle.plan.latent_size,
                     ", expected ", info.latent_plan().samples(), " x ", networks.latent_size()));
  }
  if (bundle.training_scores.size() != info.training_rows()) {
    return DataLoss(
        folder, absl::StrCat("there are ", bundle.training_scores.size(), " training scores of ",
                             info.training_rows(), " training rows"));
  }
  if (bundle.neighborhood) {
    const NeighborhoodMemory& memory = bundle.neighborhood->memory;
    const size_t marks = bundle.missing ? bundle.missing->marks : 0;
    if (memory.rows.columns + marks != features ||
        std::ranges::max(memory.training_rows) >= info.training_rows()) {
      return DataLoss(folder,
                      absl::StrCat("the remembered rows are not of the ", info.training_rows(),
                                   " training rows of ", features - marks, " features"));
    }
  }
  if (absl::Status status = ValidateTrimmedShare(info.trimmed_share()); !status.ok()) {
    return DataLoss(folder, status.message());
  }
  if (absl::Status status = ValidateThresholds(info.threshold_history()); !status.ok()) {
    return DataLoss(folder, status.message());
  }
  return CheckFeatureNames(folder, info);
}

}  // namespace

absl::StatusOr<std::vector<v1::BundleFile>> WriteTensorFiles(const std::filesystem::path& folder,
                                                             const VersionBundle& bundle) {
  const Tensor scores{DType::kF64, {bundle.training_scores.size()}, bundle.training_scores};
  ADVAE_ASSIGN_OR_RETURN(v1::BundleFile weights_file,
                         WriteTensors(folder, kWeightsFile, WeightTensors(bundle)));
  ADVAE_ASSIGN_OR_RETURN(v1::BundleFile scores_file,
                         WriteTensors(folder, kScoresFile, {{"training_scores", scores}}));
  return std::vector<v1::BundleFile>{std::move(weights_file), std::move(scores_file)};
}

uint32_t BundleFormat(const VersionBundle& bundle) {
  if (HasRelations(bundle)) return kRelationsFormat;
  if (bundle.scaler.compresses_ends()) return kCompressedFormat;
  if (bundle.encoder != nullptr) return kSchemaFormat;
  if (bundle.neighborhood) return kNeighborhoodFormat;
  return IsPlain(bundle.ensemble) ? kPlainFormat : kEnsembleFormat;
}

absl::Status WriteManifest(const std::filesystem::path& folder, v1::VersionManifest manifest) {
  auto& history = *manifest.mutable_info()->mutable_threshold_history();
  if (history.size() > 1) history.DeleteSubrange(1, history.size() - 1);

  ADVAE_ASSIGN_OR_RETURN(const std::string json, ToJson(manifest));
  if (json.size() > kMaxSmallFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the version's manifest would have ", json.size(), " bytes; expected at most ",
                     kMaxSmallFileBytes, ": use fewer columns, categories or shorter names"));
  }
  absl::Status status = WriteFileSynced(folder / kManifestFile, json);
  status.Update(WriteFileSynced(folder / kDigestFile, DigestLine(json)));
  return status;
}

absl::StatusOr<v1::VersionManifest> ReadManifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kManifestFile;
  ADVAE_ASSIGN_OR_RETURN(const std::string json, ReadPart(path));
  ADVAE_ASSIGN_OR_RETURN(const std::string digest, ReadManifestDigest(folder));
  if (digest != DigestLine(json)) {
    return DataLoss(path,
                    absl::StrCat("the file was altered: its SHA-256 is not that of ", kDigestFile));
  }
  v1::VersionManifest manifest;
  ADVAE_RETURN_IF_ERROR(FromJson(path, json, manifest));
  if (manifest.format() < kPlainFormat || manifest.format() > kRelationsFormat) {
    return DataLoss(
        path, absl::StrCat("format ", manifest.format(), " is unknown to this release, expected ",
                           kPlainFormat, " to ", kRelationsFormat));
  }
  return manifest;
}

absl::StatusOr<std::string> ReadManifestDigest(const std::filesystem::path& folder) {
  return ReadPart(folder / kDigestFile);
}

absl::StatusOr<VersionBundle> ReadBundle(const std::filesystem::path& folder) {
  ADVAE_ASSIGN_OR_RETURN(v1::VersionManifest manifest, ReadManifest(folder));
  ADVAE_ASSIGN_OR_RETURN(TensorMap tensors, ReadTensors(folder, kWeightsFile, manifest));
  ADVAE_ASSIGN_OR_RETURN(TensorMap score_tensors, ReadTensors(folder, kScoresFile, manifest));

  const std::filesystem::path weights_path = folder / kWeightsFile;
  ADVAE_ASSIGN_OR_RETURN(
      Ensemble ensemble,
      FoundIn(weights_path, TakeEnsemble(IsPlainFormat(manifest, tensors), tensors)));
  ADVAE_ASSIGN_OR_RETURN(MinMaxScaler scaler,
                         FoundIn(weights_path, TakeScaler(manifest.format(), tensors)));
  ADVAE_ASSIGN_OR_RETURN(LatentPlan plan,
                         FoundIn(weights_path, TakePlan(manifest.info().latent_plan(), tensors)));
  ADVAE_ASSIGN_OR_RETURN(Tensor scores, FoundIn(folder / kScoresFile,
                                                TakeTensor("training_scores", 1, score_tensors)));

  std::optional<Neighborhood> neighborhood;
  if (manifest.format() == kNeighborhoodFormat ||
      (manifest.format() > kNeighborhoodFormat && HoldsNeighborhood(tensors))) {
    ADVAE_ASSIGN_OR_RETURN(neighborhood, FoundIn(weights_path, TakeNeighborhood(tensors)));
  }

  VersionBundle bundle{.info = std::move(*manifest.mutable_info()),
                       .ensemble = std::move(ensemble),
                       .scaler = std::move(scaler),
                       .plan = std::move(plan),
                       .training_scores = std::move(scores.values),
                       .neighborhood = std::move(neighborhood)};
  if (manifest.format() == kSchemaFormat ||
      (manifest.format() > kSchemaFormat && bundle.info.has_schema())) {
    ADVAE_RETURN_IF_ERROR(TakeTableParts(folder, tensors, bundle));
  }
  ADVAE_RETURN_IF_ERROR(CheckConsistency(folder, bundle));
  return bundle;
}

}  // namespace advae
