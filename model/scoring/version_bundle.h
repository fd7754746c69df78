#ifndef ADVAE_MODEL_SCORING_VERSION_BUNDLE_H_
#define ADVAE_MODEL_SCORING_VERSION_BUNDLE_H_

#include <memory>
#include <optional>
#include <vector>

#include "advae/v1/types.pb.h"
#include "model/neighborhood/neighborhood_memory.h"
#include "model/scoring/ensemble.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/missing_values.h"
#include "model/scoring/scaler.h"
#include "model/table/encoding/table_encoder.h"

namespace advae {

// Everything that makes a model version, published as one atomic unit.
struct VersionBundle {
  // Metadata. `version` is 0 until the bundle is published.
  v1::VersionInfo info;
  Ensemble ensemble;
  MinMaxScaler scaler;
  LatentPlan plan;
  // Of the training rows, in their order; size m. See CombineMembers and FitNeighborhood.
  std::vector<double> training_scores;
  // What the version remembers of its training rows. Unset for a version of networks alone, such as
  // the paper's.
  std::optional<Neighborhood> neighborhood = std::nullopt;
  // Turns tables into rows, by `info.schema`. Null without a schema.
  std::shared_ptr<const TableEncoder> encoder = nullptr;
  // Set with a schema that is not strict.
  std::optional<MissingValues> missing = std::nullopt;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_VERSION_BUNDLE_H_
