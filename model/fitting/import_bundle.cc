#include "model/fitting/import_bundle.h"

#include <cstdint>
#include <utility>

#include "advae/v1/types.pb.h"
#include "model/base/status_macros.h"
#include "model/scoring/scaler.h"

namespace advae {

absl::StatusOr<VersionBundle> ImportBundle(const BundleOptions& options, NetworkWeights networks,
                                           MatrixView rows) {
  ADVAE_ASSIGN_OR_RETURN(MinMaxScaler scaler, MinMaxScaler::Fit(rows));
  v1::Hyperparameters sizes;
  sizes.set_latent_size(static_cast<uint32_t>(networks.latent_size()));
  sizes.set_hidden_size(static_cast<uint32_t>(networks.encoder.hidden1.outputs));
  if (options.memory_rows > 0) sizes.set_memory_rows(options.memory_rows);
  ADVAE_ASSIGN_OR_RETURN(
      VersionBundle bundle,
      BuildBundle(options, rows, {.networks = {std::move(networks)}}, std::move(scaler)));
  bundle.info.set_origin(v1::ORIGIN_IMPORTED);
  *bundle.info.mutable_hyperparameters() = std::move(sizes);
  return bundle;
}

}  // namespace advae
