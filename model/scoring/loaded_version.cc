#include "model/scoring/loaded_version.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/scoring/threshold_history.h"

namespace advae {

absl::StatusOr<std::shared_ptr<const LoadedVersion>> LoadedVersion::Create(VersionBundle bundle) {
  if (absl::Status status = ValidateThresholds(bundle.info.threshold_history()); !status.ok()) {
    return status;
  }
  absl::StatusOr<std::unique_ptr<const Scorer>> scorer =
      Scorer::Create(bundle.ensemble, std::move(bundle.scaler), bundle.plan,
                     std::move(bundle.neighborhood), std::move(bundle.missing));
  if (!scorer.ok()) return scorer.status();
  if (static_cast<size_t>(bundle.info.features_size()) != (*scorer)->features()) {
    return absl::InvalidArgumentError(absl::StrCat("the networks take ", (*scorer)->features(),
                                                   " features, but there are ",
                                                   bundle.info.features_size(), " feature names"));
  }
  if (bundle.encoder != nullptr && bundle.encoder->features() != (*scorer)->features()) {
    return absl::InvalidArgumentError(absl::StrCat("the networks take ", (*scorer)->features(),
                                                   " features, but the schema has ",
                                                   bundle.encoder->features()));
  }
  absl::StatusOr<ScoreDistribution> distribution = ScoreDistribution::Fit(
      WithoutHighest(std::move(bundle.training_scores), bundle.info.trimmed_share()));
  if (!distribution.ok()) return distribution.status();
  return std::shared_ptr<const LoadedVersion>(new LoadedVersion(
      std::move(bundle.encoder), *std::move(scorer),
      std::make_shared<const ScoreDistribution>(*std::move(distribution)), std::move(bundle.info)));
}

std::shared_ptr<const LoadedVersion> LoadedVersion::WithThresholdHistory(
    std::vector<v1::ThresholdRecord> history) const {
  v1::VersionInfo info = info_;
  info.mutable_threshold_history()->Assign(history.begin(), history.end());
  return std::shared_ptr<const LoadedVersion>(
      new LoadedVersion(encoder_, scorer_, distribution_, std::move(info)));
}

LoadedVersion::LoadedVersion(std::shared_ptr<const TableEncoder> encoder,
                             std::shared_ptr<const Scorer> scorer,
                             std::shared_ptr<const ScoreDistribution> distribution,
                             v1::VersionInfo info)
    : encoder_(std::move(encoder)),
      scorer_(std::move(scorer)),
      distribution_(std::move(distribution)),
      info_(std::move(info)) {}

}  // namespace advae
