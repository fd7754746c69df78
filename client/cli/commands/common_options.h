#ifndef ADVAE_CLIENT_CLI_COMMANDS_COMMON_OPTIONS_H_
#define ADVAE_CLIENT_CLI_COMMANDS_COMMON_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "client/client.h"
#include "model/data/data_set.h"

namespace advae {

// The argument `name`: a model that exists.
void AddModel(CLI::App& command, std::string& name);

// The arguments `name` and `version`.
void AddModelVersion(CLI::App& command, std::string& name, uint64_t& version);

// The check of a number above 0, as CLI11 calls it.
std::string CheckPositive(const std::string& number);

// The argument `name`, --version and --alpha of a request, which is a v1::ScoreRequest or
// v1::ThresholdRequest and outlives the parsing. `version` and `alpha` are their helps.
template <typename Request>
void AddRequestOptions(CLI::App& command, Request& request, const char* version,
                       const char* alpha) {
  AddModel(command, *request.mutable_model());
  command
      .add_option_function<uint64_t>(
          "--version", [&request](uint64_t value) { request.set_version(value); }, version)
      ->check(CheckPositive, "POSITIVE");
  command.add_option_function<double>(
      "--alpha", [&request](double value) { request.set_alpha(value); }, alpha);
}

// A CSV file of training rows, as a command line names it.
struct TrainingData {
  std::string path;
  // Column to leave out. Unset: all columns are features.
  std::optional<std::string> label_column;
  // With true, what looks like a label may be a feature.
  bool no_label = false;
  // Keys, ignored columns, how the file is written, bad lines.
  DataSetOptions table;

  // How its rows are read.
  DataSetOptions ReadOptions() const;
};

// The argument `name` of a model that may be new, --data, --label-column, --no-label, and the flags
// of model/table/text/table_flags.h.
void AddTrainingData(CLI::App& command, std::string& model, TrainingData& data);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_COMMANDS_COMMON_OPTIONS_H_
