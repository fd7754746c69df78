#include "proto/training_flags.h"

#include <cstdint>
#include <map>
#include <string>

#include "advae/v1/types.pb.h"

namespace advae {
namespace {

constexpr char kModelGroup[] = "Hyper-parameters";
constexpr char kVersionGroup[] = "Version";

// CLI11 would take "-1" for the largest 64-bit number.
std::string NotNegative(const std::string& number) {
  return number.starts_with('-') ? number + " is less than 0" : std::string();
}

// Adds a flag whose words stand for the values of an enum.
template <typename Enum, typename Setter>
void AddEnumFlag(CLI::App& app, const std::string& name, std::map<std::string, Enum> words,
                 Setter set, const std::string& description, const char* group) {
  app.add_option_function<std::string>(
         name, [words, set](const std::string& word) { set(words.at(word)); }, description)
      ->check(CLI::IsMember(words))
      ->group(group);
}

void AddLatentPlanFlags(CLI::App& app, v1::LatentPlanSpec* plan) {
  AddEnumFlag<v1::Sampler>(
      app, "--sampler", {{"sobol", v1::SAMPLER_SOBOL}, {"monte-carlo", v1::SAMPLER_MONTE_CARLO}},
      [plan](v1::Sampler sampler) { plan->set_sampler(sampler); },
      "How latent samples are drawn (default: sobol)", kVersionGroup);
  app.add_option_function<uint32_t>(
         "--samples", [plan](uint32_t value) { plan->set_samples(value); },
         "L, latent samples for each row (default: 8 with a memory, otherwise 64; 1000 for "
         "monte-carlo)")
      ->group(kVersionGroup);
  app.add_option_function<uint64_t>(
         "--plan-seed", [plan](uint64_t value) { plan->set_seed(value); },
         "Seed of the latent samples (default: derived from --seed)")
      ->check(NotNegative)
      ->group(kVersionGroup);
}

// The fields that TrainSpec and ImportSpec have in common.
template <typename Spec>
void AddVersionFlags(CLI::App& app, Spec* spec) {
  AddLatentPlanFlags(app, spec->mutable_latent_plan());
  app.add_option_function<uint64_t>(
         "--seed", [spec](uint64_t value) { spec->set_seed(value); },
         "The same rows, hyper-parameters and seed give the same version (default: 1)")
      ->check(NotNegative)
      ->group(kVersionGroup);
  app.add_option_function<double>(
         "--alpha", [spec](double value) { spec->set_alpha(value); },
         "Expected share of normal rows called anomalous, in (0, 1) (default: 0.1)")
      ->group(kVersionGroup);
  app.add_flag_callback(
         "--keep-serving-version", [spec] { spec->set_keep_serving_version(true); },
         "Publish the version without making it the serving one")
      ->group(kVersionGroup);
}

}  // namespace

void AddHyperparameterFlags(CLI::App& app, v1::Hyperparameters* parameters) {
  using P = v1::Hyperparameters;
  const auto add_size = [&](const char* name, void (P::*set)(uint32_t), const char* description) {
    app.add_option_function<uint32_t>(
           name, [=](uint32_t value) { (parameters->*set)(value); }, description)
        ->group(kModelGroup);
  };
  const auto add_number = [&](const char* name, void (P::*set)(double), const char* description) {
    app.add_option_function<double>(
           name, [=](double value) { (parameters->*set)(value); }, description)
        ->group(kModelGroup);
  };
  add_size("--latent-size", &P::set_latent_size,
           "k, size of the latent space (default: a third of the features, at most 64)");
  add_size("--hidden-size", &P::set_hidden_size,
           "h, width of the hidden layers (default: 32 with a memory, otherwise 128)");
  add_number("--lambda", &P::set_lambda, "Weight of KLD(E(x)) in the encoder's loss");
  add_number("--gamma", &P::set_gamma, "Weight of the adversarial KLD terms");
  add_number("--margin-x", &P::set_margin_x, "m_x, margin of the reconstruction hinge");
  add_number("--margin-z", &P::set_margin_z, "m_z, margin of the latent hinges");
  add_number("--generator-weight", &P::set_generator_weight,
             "Weight of the generator's loss against the transformer's");
  add_number("--learning-rate", &P::set_learning_rate,
             "Initial step size; it decays to zero (default: 0.001)");
  add_size("--batch-size", &P::set_batch_size, "Rows in a mini-batch (default: 128)");
  add_size("--epochs", &P::set_epochs,
           "Passes over the rows (default: as many as give 3000 mini-batches)");
  add_size("--ensemble-size", &P::set_ensemble_size,
           "M, independently trained members of the version; 1 without a memory is the paper's "
           "model (default: 3 with a memory, otherwise 6)");
  add_number("--lambda-spread", &P::set_lambda_spread,
             "Ratio of the largest to the smallest lambda of the members (default: 6)");
  add_size("--memory-rows", &P::set_memory_rows,
           "Training rows to remember and search for neighbours; 0 for the networks alone "
           "(default: 16384)");
  AddEnumFlag<v1::ErrorMetric>(
      app, "--error-metric",
      {{"squared", v1::ERROR_METRIC_SQUARED},
       {"whitened", v1::ERROR_METRIC_WHITENED},
       {"automatic", v1::ERROR_METRIC_AUTOMATIC}},
      [parameters](v1::ErrorMetric metric) { parameters->set_error_metric(metric); },
      "How the score measures residuals (default: automatic; squared with one member)",
      kModelGroup);
}

void AddTrainingFlags(CLI::App& app, v1::TrainSpec* spec) {
  AddEnumFlag<v1::Objective>(
      app, "--objective",
      {{"advae", v1::OBJECTIVE_ADVAE},
       {"vae", v1::OBJECTIVE_VAE},
       {"ae", v1::OBJECTIVE_AE},
       {"encoder-only", v1::OBJECTIVE_ENCODER_ONLY},
       {"generator-only", v1::OBJECTIVE_GENERATOR_ONLY}},
      [spec](v1::Objective objective) {
        spec->mutable_hyperparameters()->set_objective(objective);
      },
      "Objective of the training (default: advae)", kModelGroup);
  AddHyperparameterFlags(app, spec->mutable_hyperparameters());
  app.add_option_function<double>(
         "--contamination",
         [spec](double value) { spec->mutable_hyperparameters()->set_contamination(value); },
         "Share of the rows that may be anomalous: the least usual are left out (default: 0)")
      ->group(kModelGroup);
  AddVersionFlags(app, spec);
  app.add_option_function<double>(
         "--trimmed-share", [spec](double value) { spec->set_trimmed_share(value); },
         "Share of the highest-scoring rows to leave out of the threshold (default: 0)")
      ->group(kVersionGroup);
}

void AddImportFlags(CLI::App& app, v1::ImportSpec* spec) {
  AddVersionFlags(app, spec);
  app.add_option_function<uint32_t>(
         "--memory-rows", [spec](uint32_t value) { spec->set_memory_rows(value); },
         "Rows to remember beside the networks and search for neighbours (default: 0)")
      ->group(kVersionGroup);
}

}  // namespace advae
