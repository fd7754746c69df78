#ifndef ADVAE_MODEL_SCORING_LOADED_VERSION_H_
#define ADVAE_MODEL_SCORING_LOADED_VERSION_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/distribution/score_distribution.h"
#include "model/scoring/scorer.h"
#include "model/scoring/version_bundle.h"
#include "model/table/encoding/table_encoder.h"

namespace advae {

// A version ready to score: its scorer, the distribution of its training scores and its metadata
// with the threshold history. Immutable and thread-safe; scorer and distribution are shared by
// the detectors of one version that differ only in the threshold.
class LoadedVersion {
 public:
  // Errors as in Scorer::Create and ScoreDistribution::Fit, for a bundle whose parts disagree.
  static absl::StatusOr<std::shared_ptr<const LoadedVersion>> Create(VersionBundle bundle);

  // The same version with another threshold history, which is not empty.
  std::shared_ptr<const LoadedVersion> WithThresholdHistory(
      std::vector<v1::ThresholdRecord> history) const;

  const Scorer& scorer() const { return *scorer_; }
  const ScoreDistribution& distribution() const { return *distribution_; }
  // Turns tables into rows of the scorer. Null for a version without a schema.
  const TableEncoder* encoder() const { return encoder_.get(); }
  const v1::VersionInfo& info() const { return info_; }
  // The threshold in force.
  const v1::ThresholdRecord& threshold() const { return *info_.threshold_history().rbegin(); }

 private:
  LoadedVersion(std::shared_ptr<const TableEncoder> encoder, std::shared_ptr<const Scorer> scorer,
                std::shared_ptr<const ScoreDistribution> distribution, v1::VersionInfo info);

  std::shared_ptr<const TableEncoder> encoder_;
  std::shared_ptr<const Scorer> scorer_;
  std::shared_ptr<const ScoreDistribution> distribution_;
  v1::VersionInfo info_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_LOADED_VERSION_H_
