#include "model/training/ensemble_trainer.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "model/training/trainer.h"
#include "proto/loss_terms.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

// The members' seeds are this odd number apart, so that no two of an ensemble are the same.
constexpr uint64_t kSeedStep = 0x9e3779b97f4a7c15;

// For each row the member that is not trained on it.
std::vector<uint32_t> DealRows(size_t rows, uint32_t members, uint64_t seed) {
  std::vector<uint32_t> held_out_from(rows);
  for (size_t i = 0; i < rows; ++i) held_out_from[i] = static_cast<uint32_t>(i % members);
  std::mt19937_64 random(seed);
  for (size_t i = rows; i > 1; --i) std::swap(held_out_from[i - 1], held_out_from[random() % i]);
  return held_out_from;
}

Matrix RowsWithout(MatrixView rows, std::span<const uint32_t> held_out_from, uint32_t member) {
  Matrix others{.values = {}, .columns = rows.columns};
  others.values.reserve(rows.rows * rows.columns);
  for (size_t i = 0; i < rows.rows; ++i) {
    if (held_out_from[i] == member) continue;
    others.values.insert(others.values.end(), rows.row(i).begin(), rows.row(i).end());
  }
  return others;
}

// The progress of member `member`, which has run for `elapsed`, as that of all members: the ones
// that are still to come take as long.
v1::TrainProgress OfEnsemble(v1::TrainProgress progress, uint32_t member, uint32_t members,
                             absl::Duration elapsed) {
  const absl::Duration left =
      absl::Nanoseconds(TimeUtil::DurationToNanoseconds(progress.time_left()));
  const absl::Duration all_left = left + (members - member - 1) * (left + elapsed);
  *progress.mutable_time_left() =
      TimeUtil::NanosecondsToDuration(absl::ToInt64Nanoseconds(all_left));
  progress.set_epoch(member * progress.epochs() + progress.epoch());
  progress.set_epochs(members * progress.epochs());
  return progress;
}

absl::Status InMember(uint32_t member, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("member ", member, ": ", status.message()));
}

}  // namespace

v1::Hyperparameters MemberHyperparameters(v1::Hyperparameters parameters, uint32_t member,
                                          uint64_t rows) {
  const uint32_t members = parameters.ensemble_size();
  if (members > 1) {
    const double position = static_cast<double>(member) / (members - 1) - 0.5;  // -1/2 to 1/2
    const double factor = std::pow(parameters.lambda_spread(), position);
    parameters.set_lambda(factor * parameters.lambda());
    parameters.set_gamma(factor * parameters.gamma());
  }
  parameters.set_batch_size(
      static_cast<uint32_t>(std::min<uint64_t>(parameters.batch_size(), rows)));
  return parameters;
}

absl::StatusOr<TrainedEnsemble> TrainEnsemble(
    MatrixView scaled_rows, const v1::Hyperparameters& parameters, uint64_t seed,
    const std::function<void(const v1::TrainProgress&)>& on_progress) {
  const uint32_t members = parameters.ensemble_size();
  TrainedEnsemble ensemble{.members = {.networks = {}, .error_metric = parameters.error_metric()},
                           .final_losses = {},
                           .duration = {}};
  std::vector<uint32_t>& held_out_from = ensemble.members.held_out_from;
  if (members > 1) held_out_from = DealRows(scaled_rows.rows, members, seed);
  for (uint32_t member = 0; member < members; ++member) {
    Matrix others;
    if (members > 1) others = RowsWithout(scaled_rows, held_out_from, member);
    const MatrixView rows = members > 1 ? others.view() : scaled_rows;
    const absl::Time start = absl::Now();
    absl::StatusOr<TrainedModel> model =
        Train(rows, MemberHyperparameters(parameters, member, rows.rows), seed + member * kSeedStep,
              [&](const v1::TrainProgress& progress) {
                on_progress(OfEnsemble(progress, member, members, absl::Now() - start));
              });
    if (!model.ok()) return members > 1 ? InMember(member, model.status()) : model.status();
    ensemble.members.networks.push_back(std::move(model->weights));
    AddScaled(model->final_losses, 1.0 / members, ensemble.final_losses);
    ensemble.duration += model->duration;
  }
  return ensemble;
}

}  // namespace advae
