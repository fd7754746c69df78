#ifndef ADVAE_MODEL_REPOSITORY_BUNDLE_FILES_H_
#define ADVAE_MODEL_REPOSITORY_BUNDLE_FILES_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"
#include "model/scoring/version_bundle.h"

namespace advae {

// The files of a version bundle in their folder:
//
//   weights.safetensors  the tensors of the ensemble (ensemble_tensors.h), in format 1 of a plain
//                        one, in format 2 of any other; scaler.{minimum,maximum} [d] and
//                        latent_plan.points [L, k], as F32; in format 3 those of format 1 or 2 and
//                        of a neighbourhood (neighborhood_tensors.h); in format 4 those of
//                        format 1, 2 or 3, and missing.imputed [d], as F32, unless the schema is
//                        strict; in format 5 those of any other, for a scaler with compressed ends;
//                        in format 6 those of format 3 or 4 with relations, and
//                        scaler.compressed_ends [1], as F64: 1 or 0
//   scores.safetensors   the F64 tensor training_scores [m]
//   manifest.json        v1.VersionManifest, with sizes and digests of the two files above
//   manifest.sha256      digest of manifest.json, in the form that sha256sum checks
//
// A round trip keeps every bit.

// Writes the two tensor files and returns their entries for the manifest. Errors as in file_io.h.
absl::StatusOr<std::vector<v1::BundleFile>> WriteTensorFiles(const std::filesystem::path& folder,
                                                             const VersionBundle& bundle);

// The lowest that describes the version, which releases that know no later one read too: 1 for one
// member whose score is the paper's (IsPlain), 2 for other networks alone, 3 for a neighbourhood, 4
// for a schema, 5 for a scaler with compressed ends, and 6 for relations.
uint32_t BundleFormat(const VersionBundle& bundle);

// Writes or overwrites the manifest, whose history holds the first threshold only, and its digest.
absl::Status WriteManifest(const std::filesystem::path& folder, v1::VersionManifest manifest);

// Errors of these: kDataLoss when a file is missing, truncated or altered, or does not parse, or
// the format is unknown; otherwise as in file_io.h.
absl::StatusOr<v1::VersionManifest> ReadManifest(const std::filesystem::path& folder);
absl::StatusOr<VersionBundle> ReadBundle(const std::filesystem::path& folder);
// The text of manifest.sha256, whatever it is: all of a version but its thresholds follows from it.
absl::StatusOr<std::string> ReadManifestDigest(const std::filesystem::path& folder);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_BUNDLE_FILES_H_
