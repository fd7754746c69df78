#include "tests/bench/plans_command.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/bench_model.h"

namespace advae {
namespace {

constexpr size_t kPaperSamples = 1000;
constexpr double kMargin = 1.5;

using ScorerOrError = absl::StatusOr<std::unique_ptr<const Scorer>>;

// A model, its converged scores and the instruction set that they were computed with.
struct Subject {
  BenchModel model;
  std::vector<double> converged;
  InstructionSet set;
};

// Draws as in the paper: independent, and not moved to mean 0 and variance 1. All rows share those
// of one seed; over many seeds the mean of the squared error is that of draws for each row.
ScorerOrError PaperScorer(const Subject& subject, int seed) {
  LatentPlan plan{.spec = {},
                  .samples = kPaperSamples,
                  .latent_size = subject.model.weights.latent_size(),
                  .points = {}};
  std::mt19937_64 random(static_cast<uint64_t>(seed));
  std::normal_distribution<float> normal;
  for (size_t i = 0; i < plan.samples * plan.latent_size; ++i) {
    plan.points.push_back(normal(random));
  }
  return Scorer::Create({{.networks = subject.model.weights}}, subject.model.scaler, plan,
                        subject.set);
}

// Over the rows and the scorers of seeds 1 to `seeds`.
absl::StatusOr<double> RmsRelativeError(const Subject& subject, int seeds,
                                        const std::function<ScorerOrError(int seed)>& make_scorer) {
  double sum = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    const ScorerOrError scorer = make_scorer(seed);
    if (!scorer.ok()) return scorer.status();
    const std::vector<double> scores = Scores(**scorer, subject.model.rows);
    for (size_t i = 0; i < scores.size(); ++i) {
      sum += std::pow(scores[i] / subject.converged[i] - 1, 2);
    }
  }
  return std::sqrt(sum / static_cast<double>(subject.converged.size()) / seeds);
}

absl::StatusOr<std::vector<Subject>> ReadSubjects(const std::string& data) {
  const InstructionSet set = SupportedInstructionSets().front();
  std::vector<Subject> subjects;
  std::printf("| plan |");
  for (const char* name : {"letter", "cardio", "satellite", "optical", "pen"}) {
    absl::StatusOr<BenchModel> model = ReadReferenceModel(data, name);
    if (!model.ok()) return model.status();
    absl::StatusOr<std::vector<double>> converged = ConvergedScores(*model, set);
    if (!converged.ok()) return converged.status();
    subjects.push_back({*std::move(model), *std::move(converged), set});
    std::printf(" %s |", name);
  }
  std::printf("\n|---|---|---|---|---|---|\n");
  return subjects;
}

// Prints a row of the table and returns its errors.
absl::StatusOr<std::vector<double>> PrintErrors(
    const std::string& plan, const std::vector<Subject>& subjects, int seeds,
    const std::function<ScorerOrError(const Subject&, int seed)>& make_scorer) {
  std::vector<double> errors;
  std::printf("| %s |", plan.c_str());
  for (const Subject& subject : subjects) {
    const absl::StatusOr<double> error =
        RmsRelativeError(subject, seeds, [&](int seed) { return make_scorer(subject, seed); });
    if (!error.ok()) return error.status();
    std::printf(" %.3f %% |", 100 * *error);
    std::fflush(stdout);
    errors.push_back(*error);
  }
  std::printf("\n");
  return errors;
}

double LeastQuotient(const std::vector<double>& numerators,
                     const std::vector<double>& denominators) {
  double least = INFINITY;
  for (size_t i = 0; i < numerators.size(); ++i) {
    least = std::min(least, numerators[i] / denominators[i]);
  }
  return least;
}

}  // namespace

absl::Status RunPlans(const std::string& data, int seeds) {
  const absl::StatusOr<std::vector<Subject>> subjects = ReadSubjects(data);
  if (!subjects.ok()) return subjects.status();
  const auto paper = PrintErrors("paper's draws 1000", *subjects, seeds, &PaperScorer);
  if (!paper.ok()) return paper.status();

  std::optional<std::pair<uint32_t, double>> chosen;
  for (const auto& [sampler, name] :
       {std::pair(v1::SAMPLER_MONTE_CARLO, "monte_carlo"), std::pair(v1::SAMPLER_SOBOL, "sobol")}) {
    for (uint32_t samples = 16; samples <= 4096; samples *= 2) {
      const auto errors =
          PrintErrors(std::string(name) + " " + std::to_string(samples), *subjects, seeds,
                      [&, sampler = sampler](const Subject& subject, int seed) {
                        return MakeScorer(subject.model, sampler, samples,
                                          static_cast<uint64_t>(seed), subject.set);
                      });
      if (!errors.ok()) return errors.status();
      const double margin = LeastQuotient(*paper, *errors);
      if (sampler == v1::SAMPLER_SOBOL && margin >= kMargin && !chosen) chosen = {samples, margin};
    }
  }
  if (!chosen) return absl::NotFoundError("no number of Sobol samples has the margin");
  std::printf("{\"default_samples\": %u, \"margin\": %.3f}\n", chosen->first, chosen->second);
  return absl::OkStatus();
}

}  // namespace advae
