#include "model/scoring/version_memory.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/neighborhood/neighborhood_memory.h"
#include "model/neighborhood/rank_map.h"

namespace advae {
namespace {

constexpr double kFloat = 4;  // bytes
constexpr double kDouble = 8;

// Of the widest instruction set.
constexpr double kLanes = 16;
constexpr double kTileRows = 64;
constexpr double kBlockRows = 64;  // of a search

constexpr double kKnots = RankMap::kKnots;

// Of PValueTable, whose header derives the bounds.
constexpr double kNodeBytes = 24;
constexpr double kNodesPerScore = 384;

// Of a v1::Feature and its place in a repeated field, the name's characters apart.
constexpr double kFeatureBytes = 160;
// As JSON: "name", "minimum", "maximum" and their numbers.
constexpr double kFeatureJsonBytes = 160;
// Objects of fixed size.
constexpr double kObjectBytes = 65536;
// Copies of a schema: those of the metadata and of the encoder, what the encoder finds names, in
// both of their forms, and categories by, and the holes in its tables.
constexpr double kSchemaCopies = 5;
// As JSON and while that is parsed.
constexpr double kSchemaJsonCopies = 4;

double RoundUp(double value, double multiple) { return std::ceil(value / multiple) * multiple; }

double Whitening(const VersionShape& shape) {
  const auto d = static_cast<double>(shape.features);
  return shape.whitened ? d * d : 0;
}

// The weights as the kernels have them.
double Kernels(const VersionShape& shape) {
  const auto h = RoundUp(static_cast<double>(shape.hidden_size), kLanes);
  const auto k = static_cast<double>(shape.latent_size);
  const double samples = RoundUp(static_cast<double>(shape.samples), kLanes);
  const double units = std::max(static_cast<double>(shape.features), k);
  return static_cast<double>(shape.members) * kFloat *
         (CountParameters(shape) + k * h + h + samples * k + units + Whitening(shape));
}

// Values of the remembered rows and what goes with them, as they are stored.
double Remembered(const VersionShape& shape) {
  const auto d = static_cast<double>(shape.features);
  const auto n = static_cast<double>(shape.memory_rows);
  return n > 0 ? n * (d + 4) + 2 * kKnots * d : 0;
}

// At most; how many features are explained by others is known after training alone.
double Relations(const VersionShape& shape) {
  const auto related = std::min<double>(static_cast<double>(shape.features),
                                        static_cast<double>(FeatureRelations::kMaxRelated));
  return shape.memory_rows == 0 ? 0 : kDouble * related * (related + 3);
}

// Rows as they are, and packed for a search of scaled and of rank space.
double NeighborhoodBytes(const VersionShape& shape) {
  const auto d = static_cast<double>(shape.features);
  const double packed = RoundUp(static_cast<double>(shape.memory_rows), kBlockRows);
  return shape.memory_rows == 0
             ? 0
             : kFloat * (Remembered(shape) + d * (packed * 2 + 1)) + Relations(shape);
}

double NeighborhoodScratch(const VersionShape& shape) {
  if (shape.memory_rows == 0) return 0;
  const auto d = static_cast<double>(shape.features);
  const double neighbors = kScaledNeighbors + kRankedNeighbors + kScaledNeighbors + 8;
  return kTileRows * (d * kFloat + (neighbors + 3) * kDouble) + d * (kFloat + kDouble);
}

double Distribution(double rows) {
  const double nodes =
      std::min(kNodesPerScore * rows, kNodesPerScore * (1 + 0.7 * std::pow(rows, 0.47)));
  return rows * kDouble + nodes * kNodeBytes;
}

double Metadata(const VersionShape& shape) {
  return kObjectBytes + static_cast<double>(shape.features) * (kFeatureBytes + 4 * kFloat) +
         2 * static_cast<double>(shape.feature_name_bytes) +
         kSchemaCopies * static_cast<double>(shape.schema_bytes);
}

double Scratch(const VersionShape& shape) {
  const auto d = RoundUp(static_cast<double>(shape.features), kLanes);
  const auto h = RoundUp(static_cast<double>(shape.hidden_size), kLanes);
  const auto k = static_cast<double>(shape.latent_size);
  const bool folds = h <= RoundUp(static_cast<double>(shape.samples), kLanes);
  const double floats = kTileRows * (3 * std::max(d, k) + 2 * h + 2 * k) + 2 * k +
                        (folds ? k * h : 0) + h + d * (kLanes + 1) + 2 * h;
  return floats * kFloat + 2 * d * kDouble + NeighborhoodScratch(shape);
}

}  // namespace

VersionShape VersionShape::Of(const v1::VersionInfo& info) {
  const v1::Hyperparameters& parameters = info.hyperparameters();
  VersionShape shape{
      .features = static_cast<uint64_t>(info.features_size()),
      .hidden_size = parameters.hidden_size(),
      .latent_size = parameters.latent_size(),
      .members = std::max(1u, parameters.ensemble_size()),
      .samples = info.latent_plan().samples(),
      .training_rows = info.training_rows(),
      .whitened = parameters.error_metric() == v1::ERROR_METRIC_WHITENED,
      .memory_rows = parameters.memory_rows(),
      .schema_bytes = info.has_schema() ? info.schema().SpaceUsedLong() : 0,
  };
  for (const v1::Feature& feature : info.features()) {
    shape.feature_name_bytes += feature.name().size();
  }
  return shape;
}

uint64_t VersionMemory::Total(uint64_t threads) const {
  const double scratches = static_cast<double>(scratch) * static_cast<double>(threads);
  return SaturatingAdd(SaturatingAdd(held, loading), ToBytes(scratches));
}

MemoryUse MemoryUse::With(const VersionMemory& version) const {
  MemoryUse sum;
  sum.held_ = SaturatingAdd(held_, version.held);
  sum.loading_ = std::max(loading_, version.loading);
  sum.scratch_ = std::max(scratch_, version.scratch);
  return sum;
}

uint64_t MemoryUse::Total(uint64_t threads) const {
  return VersionMemory{.held = held_, .loading = loading_, .scratch = scratch_}.Total(threads);
}

VersionMemory EstimateVersionMemory(const VersionShape& shape) {
  const auto rows = static_cast<double>(shape.training_rows);
  const double held =
      Kernels(shape) + NeighborhoodBytes(shape) + Distribution(rows) + Metadata(shape);

  // While the files are read: the values of the weights as doubles, and either the file or the
  // weights as floats besides; the scores likewise; the manifest as text and as a message.
  const double values =
      static_cast<double>(shape.members) * (CountParameters(shape) + Whitening(shape)) +
      static_cast<double>(shape.samples) * static_cast<double>(shape.latent_size) +
      Remembered(shape);
  const double json = static_cast<double>(shape.features) * kFeatureJsonBytes +
                      static_cast<double>(shape.feature_name_bytes);
  const double reading = values * (kFloat + kDouble) + 2 * Relations(shape) + 2 * rows * kDouble +
                         3 * json + kSchemaJsonCopies * static_cast<double>(shape.schema_bytes) +
                         Metadata(shape);
  // Then: the weights as floats beside the kernels, and the bins of the table of p-values.
  const double making = held + values * kFloat + 6 * rows * kDouble;
  return {.held = ToBytes(held),
          .loading = ToBytes(std::max(reading, making) - held),
          .scratch = ToBytes(Scratch(shape))};
}

VersionMemory EstimateVersionMemory(const v1::VersionManifest& manifest) {
  VersionMemory memory = EstimateVersionMemory(VersionShape::Of(manifest.info()));
  double file_bytes = 0;
  for (const v1::BundleFile& file : manifest.files()) {
    file_bytes += static_cast<double>(file.bytes());
  }
  const uint64_t expected_peak = SaturatingAdd(memory.held, memory.loading);
  memory.held = std::max(memory.held, ToBytes(file_bytes));
  const uint64_t peak = std::max(expected_peak, ToBytes(3 * file_bytes));
  memory.loading = peak - std::min(peak, memory.held);
  return memory;
}

double CountParameters(const VersionShape& shape) {
  const auto d = static_cast<double>(shape.features);
  const auto h = static_cast<double>(shape.hidden_size);
  const auto k = static_cast<double>(shape.latent_size);
  return 2 * d * h + 2 * h * h + 3 * k * h + 4 * h + 2 * k + d;
}

uint64_t ToBytes(double bytes) {
  // The largest double below 2^64.
  constexpr double kLargest = 0x1.fffffffffffffp63;
  if (!(bytes < kLargest)) return std::numeric_limits<uint64_t>::max();
  return static_cast<uint64_t>(std::ceil(bytes));
}

uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  const uint64_t sum = a + b;
  return sum < a ? std::numeric_limits<uint64_t>::max() : sum;
}

}  // namespace advae
