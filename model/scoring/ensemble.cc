#include "model/scoring/ensemble.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

absl::Status ValidateMember(const EnsembleMember& member, const NetworkWeights& first) {
  const NetworkWeights& networks = member.networks;
  if (absl::Status status = networks.Validate(); !status.ok()) return status;
  if (!(member.weight > 0 && std::isfinite(member.weight))) {
    return absl::InvalidArgumentError(
        absl::StrCat("the weight is ", member.weight, ", expected a finite number above 0"));
  }
  const size_t features = networks.features();
  if (!member.whitening.empty() &&
      (member.whitening.size() != features * features ||
       !std::ranges::all_of(member.whitening, [](float value) { return std::isfinite(value); }))) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a whitening of ", features, " x ", features, " finite values"));
  }
  if (networks.features() != first.features() || networks.latent_size() != first.latent_size()) {
    return absl::InvalidArgumentError(absl::StrCat("the networks take ", networks.features(),
                                                   " features and a latent size of ",
                                                   networks.latent_size(), ", those of member 0 ",
                                                   first.features(), " and ", first.latent_size()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateEnsemble(const Ensemble& ensemble) {
  if (ensemble.empty()) return absl::InvalidArgumentError("the ensemble has no member");
  for (size_t i = 0; i < ensemble.size(); ++i) {
    const absl::Status status = ValidateMember(ensemble[i], ensemble.front().networks);
    if (!status.ok()) {
      return absl::Status(status.code(), absl::StrCat("member ", i, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

std::vector<double> BalancedWeights(std::span<const double> mean_scores) {
  const auto count = static_cast<double>(mean_scores.size());
  std::vector<double> weights(mean_scores.size(), 1 / count);
  if (std::ranges::any_of(mean_scores, [](double mean) { return !(mean > 0); })) return weights;
  const double mean = std::accumulate(mean_scores.begin(), mean_scores.end(), 0.0) / count;
  for (size_t i = 0; i < weights.size(); ++i) weights[i] *= mean / mean_scores[i];
  return weights;
}

}  // namespace advae
