#ifndef ADVAE_PROTO_TRAINING_FLAGS_H_
#define ADVAE_PROTO_TRAINING_FLAGS_H_

#include <CLI/CLI.hpp>

#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "advae/v1/types.pb.h"

namespace advae {

// The command-line flags of a training, the same in every program: --objective, --contamination,
// --trimmed-share, those of AddHyperparameterFlags, and those of AddImportFlags.
//
// Parsing sets only the fields of `spec` whose flags are given, so that all others keep their
// documented defaults; the model's name is the caller's argument. Ranges are left to whoever does
// the work: flags check the syntax only. `spec` outlives the parsing.
void AddTrainingFlags(CLI::App& app, v1::TrainSpec* spec);

// The flags of all hyper-parameters but objective and contamination, which stay apart for programs
// that choose them otherwise: --latent-size, --hidden-size, --lambda, --gamma, --margin-x,
// --margin-z, --generator-weight, --learning-rate, --batch-size, --epochs, --ensemble-size,
// --lambda-spread, --memory-rows and --error-metric.
void AddHyperparameterFlags(CLI::App& app, v1::Hyperparameters* parameters);

// The flags of an import: --sampler, --samples, --plan-seed, --seed, --alpha,
// --keep-serving-version and --memory-rows.
void AddImportFlags(CLI::App& app, v1::ImportSpec* spec);

}  // namespace advae

#endif  // ADVAE_PROTO_TRAINING_FLAGS_H_
