#include "tests/bench/limit_command.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/bench_model.h"
#include "tests/bench/core_limits.h"

namespace advae {
namespace {

constexpr uint32_t kSamples = 1000;
constexpr size_t kRounds = 20;

absl::Status Compare(const std::string& name, const BenchModel& model, double seconds) {
  const InstructionSet set = SupportedInstructionSets().front();
  const auto scorer = MakeScorer(model, v1::SAMPLER_SOBOL, kSamples, /*seed=*/1, set);
  if (!scorer.ok()) return scorer.status();

  // In turn, so that the clock of the processor is the same for all; the best of each, as what
  // disturbs can only slow.
  double multiply_add_rate = 0;
  double sigmoid_rate = 0;
  double rate = 0;
  for (size_t round = 0; round < kRounds; ++round) {
    multiply_add_rate = std::max(multiply_add_rate, MeasureMultiplyAdds(set));
    sigmoid_rate = std::max(sigmoid_rate, MeasureSigmoids(set));
    rate = std::max(rate, MeasureRate(**scorer, model.rows, /*threads=*/1, seconds / kRounds));
  }
  const size_t multiply_adds = (*scorer)->multiply_adds();
  const size_t sigmoids = kSamples * model.weights.features();
  const double limit = 1 / (static_cast<double>(multiply_adds) / multiply_add_rate +
                            static_cast<double>(sigmoids) / sigmoid_rate);
  std::printf(
      "%s\n",
      absl::StrFormat(R"({"model": "%s", "multiply_adds": %d, "sigmoids": %d, "target": "%s", )"
                      R"("gigaflops": %.1f, "sigmoid_ns": %.4f, "limit_rows_per_second": %.0f, )"
                      R"("rows_per_second": %.0f, "share": %.4f})",
                      name, multiply_adds, sigmoids, std::string(InstructionSetName(set)),
                      2e-9 * multiply_add_rate, 1e9 / sigmoid_rate, limit, rate, rate / limit)
          .c_str());
  std::fflush(stdout);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunLimit(const std::optional<std::string>& data, double seconds) {
  if (data) {
    for (const char* name : {"letter", "optical", "pen"}) {
      const absl::StatusOr<BenchModel> model = ReadReferenceModel(*data, name);
      if (!model.ok()) return model.status();
      if (absl::Status status = Compare(name, *model, seconds); !status.ok()) return status;
    }
  }
  for (const size_t hidden : {64, 128, 512}) {
    const BenchModel model = RandomBenchModel(/*features=*/32, hidden, /*latent=*/11, /*rows=*/256);
    const std::string name = absl::StrCat("random h=", hidden);
    if (absl::Status status = Compare(name, model, seconds); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace advae
