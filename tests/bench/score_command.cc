#include "tests/bench/score_command.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/bench_model.h"

namespace advae {
namespace {

constexpr uint64_t kSeed = 1;

double RmsRelativeError(const std::vector<double>& scores, const std::vector<double>& expected) {
  double sum = 0;
  for (size_t i = 0; i < scores.size(); ++i) sum += std::pow(scores[i] / expected[i] - 1, 2);
  return std::sqrt(sum / static_cast<double>(scores.size()));
}

absl::StatusOr<v1::Sampler> ParseSampler(const std::string& name) {
  if (name == "sobol") return v1::SAMPLER_SOBOL;
  if (name == "monte_carlo") return v1::SAMPLER_MONTE_CARLO;
  return absl::InvalidArgumentError(
      absl::StrCat("sampler is '", name, "'; expected sobol or monte_carlo"));
}

absl::StatusOr<InstructionSet> ParseTarget(const std::string& name) {
  std::string names;
  for (const InstructionSet set : SupportedInstructionSets()) {
    if (name.empty() || name == InstructionSetName(set)) return set;
    absl::StrAppend(&names, " ", std::string(InstructionSetName(set)));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("target is '", name, "'; this processor can do:", names));
}

}  // namespace

absl::Status RunScore(const ScoreOptions& options) {
  const absl::StatusOr<v1::Sampler> sampler = ParseSampler(options.sampler);
  if (!sampler.ok()) return sampler.status();
  const absl::StatusOr<InstructionSet> target = ParseTarget(options.target);
  if (!target.ok()) return target.status();
  const absl::StatusOr<BenchModel> model =
      ReadBenchModel(options.encoder, options.generator, options.data, options.rows);
  if (!model.ok()) return model.status();
  const auto scorer = MakeScorer(*model, *sampler, options.samples, kSeed, *target);
  if (!scorer.ok()) return scorer.status();
  const absl::StatusOr<std::vector<double>> converged = ConvergedScores(*model, *target);
  if (!converged.ok()) return converged.status();

  const double error = RmsRelativeError(Scores(**scorer, model->rows), *converged);
  const double rate = MeasureRate(**scorer, model->rows, options.threads, options.seconds);
  std::printf("%s\n",
              absl::StrFormat(R"({"sampler": "%s", "samples": %d, "threads": %d, "target": "%s", )"
                              R"("rows_per_second": %.0f, "rms_relative_error": %.6f})",
                              options.sampler, options.samples, options.threads,
                              std::string(InstructionSetName(*target)), rate, error)
                  .c_str());
  return absl::OkStatus();
}

}  // namespace advae
