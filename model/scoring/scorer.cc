#include "model/scoring/scorer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/scoring/whitening.h"

namespace advae {
namespace {

// w ||x - r||^2 of each row of x and r [rows][columns], summed in the order of the columns, is
// added to `sums`. Several rows at a time, as each sum has to wait for its own last addition.
void AddSquaredErrors(const float* x, const float* r, double w, size_t columns,
                      std::span<double> sums) {
  constexpr size_t kRowsAtATime = 8;
  for (size_t first = 0; first < sums.size(); first += kRowsAtATime) {
    const size_t count = std::min(kRowsAtATime, sums.size() - first);
    double errors[kRowsAtATime] = {};
    for (size_t j = 0; j < columns; ++j) {
      for (size_t i = 0; i < count; ++i) {
        const size_t index = (first + i) * columns + j;
        const double error = static_cast<double>(x[index]) - r[index];
        errors[i] += error * error;
      }
    }
    for (size_t i = 0; i < count; ++i) sums[first + i] += w * errors[i];
  }
}

size_t MultiplyAdds(const DenseLayer& layer) { return layer.inputs * layer.outputs; }

size_t MultiplyAdds(const NetworkWeights& weights, size_t samples) {
  const auto& [encoder, generator] = weights;
  return MultiplyAdds(encoder.hidden1) + MultiplyAdds(encoder.hidden2) +
         MultiplyAdds(encoder.mean) + MultiplyAdds(encoder.log_variance) +
         samples * (MultiplyAdds(generator.hidden1) + MultiplyAdds(generator.hidden2) +
                    MultiplyAdds(generator.output));
}

bool HasMissing(std::span<const float> values) {
  return std::ranges::any_of(values, [](float value) { return std::isnan(value); });
}

template <typename T>
std::span<T> SliceUnlessEmpty(std::span<T> values, size_t first, size_t count) {
  return values.empty() ? values : values.subspan(first, count);
}

}  // namespace

RowDetails RowDetails::Slice(size_t first, size_t count, size_t columns) const {
  return {.expected = SliceUnlessEmpty(expected, first * columns, count * columns),
          .contributions = SliceUnlessEmpty(contributions, first * columns, count * columns),
          .nearest = SliceUnlessEmpty(nearest, first * nearest_count, count * nearest_count),
          .nearest_count = nearest_count};
}

absl::StatusOr<std::unique_ptr<const Scorer>> Scorer::Create(const Ensemble& ensemble,
                                                             MinMaxScaler scaler,
                                                             const LatentPlan& plan,
                                                             InstructionSet set) {
  return CreateWithoutMemory(ensemble, std::move(scaler), plan, set);
}

absl::StatusOr<std::unique_ptr<const Scorer>> Scorer::Create(
    const Ensemble& ensemble, MinMaxScaler scaler, const LatentPlan& plan,
    std::optional<Neighborhood> neighborhood, std::optional<MissingValues> missing) {
  const InstructionSet set = SupportedInstructionSets().front();
  absl::StatusOr<std::unique_ptr<Scorer>> scorer =
      CreateWithoutMemory(ensemble, std::move(scaler), plan, set);
  if (!scorer.ok()) return scorer;
  size_t compared = (*scorer)->features();
  if (missing) {
    if (absl::Status status = missing->Validate(compared); !status.ok()) return status;
    compared -= missing->marks;
    (*scorer)->imputed_.resize(missing->imputed.size());
    (*scorer)->scaler_.Transform(missing->imputed.data(), (*scorer)->imputed_.data());
    (*scorer)->missing_ = std::move(missing);
  }
  if (!neighborhood) return scorer;
  const double usual_error =
      neighborhood->scales[static_cast<size_t>(ScorePart::kNetworks)].Median();
  absl::StatusOr<std::unique_ptr<const NeighborhoodStage>> stage =
      NeighborhoodStage::Create(*std::move(neighborhood), set);
  if (!stage.ok()) return stage.status();
  const NeighborhoodMember& member = (*stage)->member();
  if (member.features() != compared) {
    return absl::InvalidArgumentError(absl::StrCat("rows are compared by ", compared,
                                                   " features, but the remembered rows have ",
                                                   member.features()));
  }
  const size_t searches = (*scorer)->missing_ ? 3 : 2;
  (*scorer)->multiply_adds_ +=
      searches * member.search_multiply_adds() + (*stage)->relation_multiply_adds();
  (*scorer)->unusual_error_ = usual_error;
  (*scorer)->neighborhood_ = *std::move(stage);
  return scorer;
}

absl::StatusOr<std::unique_ptr<Scorer>> Scorer::CreateWithoutMemory(const Ensemble& ensemble,
                                                                    MinMaxScaler scaler,
                                                                    const LatentPlan& plan,
                                                                    InstructionSet set) {
  if (absl::Status status = ValidateEnsemble(ensemble); !status.ok()) return status;
  const NetworkWeights& first = ensemble.front().networks;
  if (scaler.columns() != first.features()) {
    return absl::InvalidArgumentError(absl::StrCat("the networks take ", first.features(),
                                                   " features, but the scaler has ",
                                                   scaler.columns()));
  }
  if (plan.latent_size != first.latent_size() || plan.samples == 0 ||
      plan.points.size() != plan.samples * plan.latent_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the networks need a latent plan of at least one point of size ",
                     first.latent_size(), ", got ", plan.points.size(), " values for ",
                     plan.samples, " points of size ", plan.latent_size));
  }
  if (!std::ranges::all_of(plan.points, [](float value) { return std::isfinite(value); })) {
    return absl::InvalidArgumentError("a value of the latent plan is not finite");
  }
  std::vector<Member> members;
  size_t multiply_adds = 0;
  for (const EnsembleMember& member : ensemble) {
    members.push_back({.kernel = ScoringKernel::Create(member.networks, plan, set),
                       .weight = member.weight,
                       .whitening = member.whitening});
    multiply_adds += MultiplyAdds(member.networks, plan.samples) + member.whitening.size();
  }
  return std::unique_ptr<Scorer>(new Scorer(std::move(scaler), std::move(members), multiply_adds));
}

Scorer::Scorer(MinMaxScaler scaler, std::vector<Member> members, size_t multiply_adds)
    : scaler_(std::move(scaler)),
      members_(std::move(members)),
      weight_sum_(
          std::accumulate(members_.begin(), members_.end(), 0.0,
                          [](double sum, const Member& member) { return sum + member.weight; })),
      unusual_error_(weight_sum_),
      multiply_adds_(multiply_adds) {}

void Scorer::Score(MatrixView rows, std::span<double> scores, const RowDetails& details,
                   ScoringMemory& memory) const {
  ScoreTiles(rows, scores, details, memory, BreakCounter(nullptr));
}

bool Scorer::Score(MatrixView rows, std::span<double> scores, const RowDetails& details,
                   ScoringMemory& memory, const ScoringBreaks& breaks) const {
  return ScoreTiles(rows, scores, details, memory, BreakCounter(&breaks));
}

bool Scorer::ScoreTiles(MatrixView rows, std::span<double> scores, const RowDetails& details,
                        ScoringMemory& memory, BreakCounter breaks) const {
  const size_t columns = rows.columns;
  const size_t tile_rows = std::min(members_.front().kernel->tile_rows(), rows.rows);
  memory.scaled.resize(std::max(memory.scaled.size(), tile_rows * columns));
  memory.reconstructed.resize(std::max(memory.reconstructed.size(), tile_rows * columns));
  for (size_t first = 0; first < rows.rows; first += tile_rows) {
    const size_t count = std::min(tile_rows, rows.rows - first);
    for (size_t i = 0; i < count; ++i) {
      scaler_.Transform(rows.row(first + i).data(), memory.scaled.data() + i * columns);
    }
    if (!ScoreTile(scores.subspan(first, count), details.Slice(first, count, columns), memory,
                   breaks)) {
      return false;
    }
  }
  return true;
}

bool Scorer::ScoreTile(std::span<double> scores, const RowDetails& details, ScoringMemory& memory,
                       BreakCounter& breaks) const {
  std::ranges::fill(scores, 0.0);
  std::ranges::fill(details.expected, 0.0f);
  std::ranges::fill(details.contributions, 0.0);
  const std::span<float> scaled = std::span(memory.scaled).first(scores.size() * features());
  const bool imputes = missing_ && HasMissing(scaled);
  if (imputes) {
    AddUnusual(scaled, scores, details);
    if (neighborhood_ != nullptr &&
        !neighborhood_->Impute(scaled, features(), imputed_, memory.neighborhood, breaks)) {
      return false;
    }
  }
  const float* const input = NetworkInput(scaled, memory);
  const bool has_missing = input != scaled.data();
  for (const Member& member : members_) {
    if (!member.kernel->Reconstruct(input, scores.size(), memory.reconstructed.data(),
                                    memory.kernel, breaks)) {
      return false;
    }
    AddMember(member, has_missing, scores, details, memory);
  }
  if (neighborhood_ == nullptr) return true;
  if (!neighborhood_->Apply({.values = scaled.data(), .rows = scores.size(), .columns = features()},
                            imputes, scores, details.expected, details.contributions,
                            memory.neighborhood, breaks)) {
    return false;
  }
  if (details.nearest.empty()) return true;
  for (size_t i = 0; i < scores.size(); ++i) {
    neighborhood_->member().NearestTrainingRows(
        i, memory.neighborhood.neighborhood,
        details.nearest.subspan(i * details.nearest_count, details.nearest_count));
  }
  return true;
}

const float* Scorer::NetworkInput(std::span<const float> scaled, ScoringMemory& memory) const {
  if (!missing_ || !HasMissing(scaled)) return scaled.data();
  memory.imputed.assign(scaled.begin(), scaled.end());
  for (size_t i = 0; i < scaled.size(); ++i) {
    if (std::isnan(scaled[i])) memory.imputed[i] = imputed_[i % features()];
  }
  return memory.imputed.data();
}

void Scorer::AddUnusual(std::span<const float> scaled, std::span<double> scores,
                        const RowDetails& details) const {
  const size_t columns = features();
  for (size_t i = 0; i < scores.size() * columns; ++i) {
    if (!std::isnan(scaled[i]) || !missing_->unusual[i % columns]) continue;
    scores[i / columns] += unusual_error_;
    if (!details.contributions.empty()) details.contributions[i] += unusual_error_;
  }
}

void Scorer::AddMember(const Member& member, bool has_missing, std::span<double> scores,
                       const RowDetails& details, ScoringMemory& memory) const {
  const size_t columns = features();
  const float* const x = memory.scaled.data();
  const float* const r = memory.reconstructed.data();
  for (size_t i = 0; i < details.expected.size(); ++i) {
    details.expected[i] += static_cast<float>(member.weight / weight_sum_ * r[i]);
  }
  if (member.whitening.empty() && details.contributions.empty() && !has_missing) {
    return AddSquaredErrors(x, r, member.weight, columns, scores);
  }
  memory.residual.resize(columns);
  memory.whitened.resize(columns);
  for (size_t i = 0; i < scores.size(); ++i) {
    size_t missing = 0;
    for (size_t j = 0; j < columns; ++j) {
      memory.residual[j] = static_cast<double>(x[i * columns + j]) - r[i * columns + j];
      if (!has_missing || !std::isnan(memory.residual[j])) continue;
      memory.residual[j] = 0;
      ++missing;
    }
    const size_t present = missing < columns ? columns - missing : columns;
    const double weight =
        member.weight * (static_cast<double>(columns) / static_cast<double>(present));
    std::span<const double> e = memory.residual;
    if (!member.whitening.empty()) {
      Whiten(member.whitening, memory.residual, memory.whitened);
      e = memory.whitened;
    }
    double error = 0;
    for (size_t j = 0; j < columns; ++j) {
      error += e[j] * e[j];
      if (details.contributions.empty()) continue;
      details.contributions[i * columns + j] += weight * e[j] * e[j];
    }
    scores[i] += weight * error;
  }
}

void Scorer::Score(MatrixView rows, std::span<double> scores, const RowDetails& details) const {
  ScoringMemory memory;
  Score(rows, scores, details, memory);
}

}  // namespace advae
