#ifndef ADVAE_MODEL_FITTING_IMPORT_BUNDLE_H_
#define ADVAE_MODEL_FITTING_IMPORT_BUNDLE_H_

#include "absl/status/statusor.h"
#include "model/data/matrix.h"
#include "model/fitting/build_bundle.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/version_bundle.h"

namespace advae {

// Makes a version out of networks trained elsewhere and the rows that they were trained on, which
// give scaler and threshold. Its metadata has the sizes of the networks as its hyper-parameters;
// version and create time are left unset. Blocks while it scores the rows.
//
// kInvalidArgument for rows that are not finite; otherwise the errors of BuildBundle.
absl::StatusOr<VersionBundle> ImportBundle(const BundleOptions& options, NetworkWeights networks,
                                           MatrixView rows);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_IMPORT_BUNDLE_H_
