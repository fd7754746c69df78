// advae-bench: measures the pieces of advae that scripts/benchmark reports on.

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "tests/bench/score_command.h"

namespace advae {
namespace {

int Main(int argc, char** argv) {
  CLI::App app("Benchmarks of advae's parts.", "advae-bench");
  app.require_subcommand(1);

  ScoreOptions score;
  CLI::App& score_command =
      *app.add_subcommand("score", "Rows scored a second by a model in files");
  score_command.add_option("--encoder", score.encoder, "Encoder weights, safetensors")->required();
  score_command.add_option("--generator", score.generator, "Generator weights")->required();
  score_command.add_option("--data", score.data, "CSV file of the training rows")->required();
  score_command.add_option("--rows", score.rows, "CSV file of the rows to score")->required();
  score_command.add_option("--sampler", score.sampler, "sobol or monte_carlo")
      ->capture_default_str();
  score_command.add_option("--samples", score.samples, "Samples for each row, L")
      ->capture_default_str();
  score_command.add_option("--threads", score.threads)
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  score_command.add_option("--seconds", score.seconds, "How long to measure")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  score_command.add_option("--target", score.target,
                           "avx512, avx2, sse4, neon or portable (default: the fastest)");

  std::string reference, datasets;
  int seeds = 10;
  CLI::App& plans_command =
      *app.add_subcommand("plans", "Error of the scores by sampler and number of samples");
  plans_command.add_option("--reference", reference, "Folder of the reference models")->required();
  plans_command.add_option("--datasets", datasets, "Folder of their data sets")->required();
  plans_command.add_option("--seeds", seeds, "Plans to average over")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const absl::Status status =
      app.got_subcommand(&score_command) ? RunScore(score) : RunPlans(reference, datasets, seeds);
  if (status.ok()) return 0;
  std::cerr << "advae-bench: " << status.message() << '\n';
  return 1;
}

}  // namespace
}  // namespace advae

int main(int argc, char** argv) { return advae::Main(argc, argv); }
