// advae-bench: measures the pieces of advae that scripts/benchmark reports on.

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <string>

#include "tests/bench/cost_command.h"
#include "tests/bench/echo_command.h"
#include "tests/bench/limit_command.h"
#include "tests/bench/load_command.h"
#include "tests/bench/overload_command.h"
#include "tests/bench/plans_command.h"
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

  std::string reference_data;
  int seeds = 10;
  CLI::App& plans_command =
      *app.add_subcommand("plans", "Error of the scores by sampler and number of samples");
  plans_command
      .add_option("--reference_data", reference_data, "Folder with datasets/ and reference/")
      ->required();
  plans_command.add_option("--seeds", seeds, "Plans to average over")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();

  std::optional<std::string> limit_data;
  double limit_seconds = 2;
  CLI::App& limit_command =
      *app.add_subcommand("limit", "The scoring kernel against the limit of a core");
  limit_command.add_option("--reference_data", limit_data,
                           "Folder with datasets/ and reference/ (default: only random models)");
  limit_command.add_option("--seconds", limit_seconds, "How long to score with each model")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();

  bool quick = false;
  CLI::App& cost_command = *app.add_subcommand("cost", "What scoring takes as the work grows");
  cost_command.add_flag("--quick", quick, "Fewer and smaller values");

  CLI::App& echo_command =
      *app.add_subcommand("echo", "A bare gRPC server with the messages of Score");

  LoadOptions load;
  CLI::App& load_command = *app.add_subcommand("load", "Score requests to a server");
  load_command.add_option("--server", load.server, "HOST:PORT")->required();
  load_command.add_option("--model", load.model)->required();
  load_command.add_option("--data", load.data, "CSV file of the rows to send")->required();
  load_command.add_option("--rows", load.rows, "Rows of a request")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  load_command.add_option("--in_flight", load.in_flight, "Requests open at a time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  load_command.add_flag("--stream", load.stream, "One ScoreStream call instead of Score calls");
  load_command.add_option("--tls_ca", load.tls_ca,
                          "Speak TLS with a server whose certificate this authority signed");
  load_command.add_option("--token_file", load.token_file, "Send the token in this file");
  load_command.add_flag("--retry", load.retry, "Try failed calls again, as advae::Client does")
      ->excludes("--stream");
  load_command.add_option("--seconds", load.seconds, "How long to send")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  load_command.add_option("--requests", load.requests, "Send as many instead")
      ->check(CLI::PositiveNumber);

  OverloadOptions overload;
  double deadline_ms = 100;
  bool no_deadline = false;
  CLI::App& overload_command = *app.add_subcommand(
      "overload", "More Score requests than a server can answer, and what becomes of them");
  overload_command.add_option("--server", overload.server, "HOST:PORT")->required();
  overload_command.add_option("--model", overload.model)->required();
  overload_command.add_option("--data", overload.data, "CSV file of the rows to send")->required();
  overload_command.add_option("--rows", overload.rows, "Rows of a request")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  overload_command.add_option("--in_flight", overload.in_flight, "Requests open for the peak")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  CLI::Option& deadline_option =
      *overload_command
           .add_option("--deadline_ms", deadline_ms, "Deadline of each request, in milliseconds")
           ->check(CLI::Range(0.1, 1e6))
           ->capture_default_str();
  overload_command.add_flag("--no_deadline", no_deadline, "Send requests without a deadline")
      ->excludes(&deadline_option);
  overload_command.add_option("--factors", overload.factors, "Rates to send at, in peaks")
      ->check(CLI::Range(0.01, 100.0))
      ->capture_default_str();
  overload_command.add_option("--seconds", overload.seconds, "How long to send at each rate")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  absl::Status status;
  if (score_command.parsed()) {
    status = RunScore(score);
  } else if (plans_command.parsed()) {
    status = RunPlans(reference_data, seeds);
  } else if (limit_command.parsed()) {
    status = RunLimit(limit_data, limit_seconds);
  } else if (cost_command.parsed()) {
    status = RunCost(quick);
  } else if (echo_command.parsed()) {
    status = RunEcho();
  } else if (load_command.parsed()) {
    status = RunLoad(load);
  } else if (overload_command.parsed()) {
    overload.deadline =
        no_deadline ? std::nullopt : std::optional(absl::Milliseconds(1) * deadline_ms);
    status = RunOverload(overload);
  }
  if (status.ok()) return 0;
  std::cerr << "advae-bench: " << status.message() << '\n';
  return 1;
}

}  // namespace
}  // namespace advae

int main(int argc, char** argv) { return advae::Main(argc, argv); }
