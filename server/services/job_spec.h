#ifndef ADVAE_SERVER_SERVICES_JOB_SPEC_H_
#define ADVAE_SERVER_SERVICES_JOB_SPEC_H_

#include <cstdint>

#include "absl/status/status.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/repository.h"
#include "model/scoring/score_distribution.h"

namespace advae {

// What can be known of a TrainSpec or an ImportSpec before the rows arrive, so that nobody uploads
// a gigabyte for a typing error. kInvalidArgument for an invalid model name, alpha or latent plan.
template <typename Spec>
absl::Status CheckJobSpec(const Spec& spec) {
  absl::Status status = ValidateModelName(spec.model());
  if (spec.has_alpha()) status.Update(ValidateAlpha(spec.alpha()));
  status.Update(ResolveLatentPlanSpec(spec.latent_plan(), spec.seed()).status());
  return status;
}

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_JOB_SPEC_H_
