// advae-train-bench: mini-batches trained a second, with the options of
// tests/bench/peers/pytorch_trainer.py.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "model/data/data_set.h"
#include "model/scoring/scaler.h"
#include "model/spec/hyperparameters.h"
#include "model/training/trainer.h"

namespace advae {
namespace {

struct Options {
  std::string data;
  std::string objective = "ADVAE";
  uint64_t iterations = 1000;
  v1::Hyperparameters parameters;
};

absl::Status Run(Options options) {
  v1::Objective objective = v1::OBJECTIVE_UNSPECIFIED;
  if (!v1::Objective_Parse("OBJECTIVE_" + options.objective, &objective)) {
    return absl::InvalidArgumentError("expected --objective ADVAE, VAE or AE");
  }
  absl::StatusOr<DataSet> data =
      ReadDataSet(options.data, {.label_column = "label", .label_optional = true});
  if (!data.ok()) return data.status();
  const absl::StatusOr<MinMaxScaler> scaler = MinMaxScaler::Fit(data->rows.view());
  if (!scaler.ok()) return scaler.status();
  const Matrix rows = scaler->Transform(data->rows.view());

  v1::Hyperparameters& wanted = options.parameters;
  wanted.set_objective(objective);
  const uint64_t batch_size = std::min<uint64_t>(wanted.batch_size(), rows.rows());
  const uint64_t batches = (rows.rows() + batch_size - 1) / batch_size;
  wanted.set_epochs(static_cast<uint32_t>((options.iterations + batches - 1) / batches));
  const absl::StatusOr<v1::Hyperparameters> parameters =
      ResolveHyperparameters(wanted, TrainingDataSummary::Of(rows.view()));
  if (!parameters.ok()) return parameters.status();
  const absl::StatusOr<TrainedModel> model =
      Train(rows.view(), *parameters, /*seed=*/1, [](const v1::TrainProgress&) {});
  if (!model.ok()) return model.status();
  const double iterations = static_cast<double>(batches) * parameters->epochs();
  const v1::LossTerms& losses = model->final_losses;
  std::cout << absl::StreamFormat(
      "{\"iterations_per_second\": %.6g, \"generator_and_transformer_loss\": %.6g, "
      "\"encoder_loss\": %.6g}\n",
      iterations / absl::ToDoubleSeconds(model->duration),
      losses.transformer() + parameters->generator_weight() * losses.generator(), losses.encoder());
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  uint32_t hidden = 128, latent = 11, batch = 128;
  CLI::App app("Mini-batches that the trainer does a second, as a line of JSON.",
               "advae-train-bench");
  app.add_option("--data", options.data, "CSV file of the training rows")->required();
  app.add_option("--objective", options.objective, "ADVAE, VAE or AE")->capture_default_str();
  app.add_option("--hidden", hidden)->capture_default_str();
  app.add_option("--latent", latent)->capture_default_str();
  app.add_option("--batch", batch)->capture_default_str();
  app.add_option("--iterations", options.iterations, "Mini-batches, rounded up to whole epochs")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.parameters.set_hidden_size(hidden);
  options.parameters.set_latent_size(latent);
  options.parameters.set_batch_size(std::max(1u, batch));
  // Those of the peer.
  options.parameters.set_lambda(0.1);
  options.parameters.set_gamma(0.02);
  options.parameters.set_margin_x(0.5);
  options.parameters.set_margin_z(7);
  options.parameters.set_generator_weight(3);
  options.parameters.set_learning_rate(0.001);
  const absl::Status status = Run(std::move(options));
  if (status.ok()) return 0;
  std::cerr << "advae-train-bench: " << status.message() << '\n';
  return 1;
}

}  // namespace
}  // namespace advae

int main(int argc, char** argv) { return advae::Main(argc, argv); }
