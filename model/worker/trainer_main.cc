// advae-trainer: the worker process of advae-server, and training and import from the command line.

#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "advae/v1/job.pb.h"
#include "model/base/flag_spelling.h"
#include "model/base/json_file.h"
#include "model/table/text/table_flags.h"
#include "model/worker/offline.h"
#include "model/worker/worker.h"
#include "proto/training_flags.h"

namespace advae {
namespace {

constexpr int kEventDescriptor = 3;
constexpr int kFailure = 1;
constexpr int kWrongUsage = 2;

// What the command line says, apart from the flags that go into the specs directly.
struct Arguments {
  v1::Job train;
  v1::Job import;
  CsvRows csv;
};

void AddCommonFlags(CLI::App& command, std::string* model, v1::Job* job, CsvRows* csv) {
  command.add_option("NAME", *model, "Name of the model")->required();
  command.add_option("--repository", *job->mutable_repository(), "Root of the model repository")
      ->required();
  command.add_option("--data", csv->path, "CSV file of the training rows")->required();
  CLI::Option* const label =
      command.add_option("--label-column", csv->label_column,
                         "Column of labels, which is left out; its values are not checked");
  command
      .add_flag("--no-label", csv->no_label,
                "Train on every column, even one that looks like a label")
      ->excludes(label);
  AddKeyFlag(command, &csv->table,
             "Column that identifies rows, which is left out; may be given several times");
  AddIgnoreFlag(command, &csv->table);
  AddTableFlags(command, &csv->table);
  command
      .add_option_function<uint32_t>(
          "--threads", [job](uint32_t threads) { job->set_threads(threads); },
          "Threads that train members and score the training rows (default: one a core)")
      ->check(CLI::PositiveNumber);
  job->set_threads(std::max(1u, std::thread::hardware_concurrency()));
}

void AddTrainCommand(CLI::App& app, Arguments& arguments) {
  CLI::App& command = *app.add_subcommand("train", "Train a version from a CSV file");
  v1::TrainSpec* const spec = arguments.train.mutable_train();
  AddCommonFlags(command, spec->mutable_model(), &arguments.train, &arguments.csv);
  AddTrainingFlags(command, spec);
}

void AddImportCommand(CLI::App& app, Arguments& arguments) {
  CLI::App& command =
      *app.add_subcommand("import", "Make a version from weights trained elsewhere");
  v1::ImportJob* const import = arguments.import.mutable_import();
  AddCommonFlags(command, import->mutable_spec()->mutable_model(), &arguments.import,
                 &arguments.csv);
  command
      .add_option("--encoder", *import->mutable_encoder_path(),
                  "Encoder weights: safetensors or a PyTorch state dict")
      ->required();
  command
      .add_option("--generator", *import->mutable_generator_path(),
                  "Generator weights, in the same formats")
      ->required();
  AddImportFlags(command, import->mutable_spec());
}

int Worker() {
  if (fcntl(kEventDescriptor, F_GETFD) == -1) {
    std::cerr << "advae-trainer worker is started by advae-server: file descriptor "
              << kEventDescriptor << " is not open\n";
    return kWrongUsage;
  }
  return RunWorker(0, kEventDescriptor);
}

int Fail(const absl::Status& status) {
  std::cerr << "advae-trainer: " << status.message() << '\n';
  return kFailure;
}

int Offline(const v1::Job& job, const CsvRows& csv) {
  const absl::StatusOr<v1::VersionInfo> version = RunOffline(job, csv);
  if (!version.ok()) return Fail(version.status());
  const absl::StatusOr<std::string> json = ToJson(*version);
  if (!json.ok()) return Fail(json.status());
  std::cout << *json << std::flush;
  return std::cout ? 0 : kFailure;
}

int Main(int argc, char** argv) {
  CLI::App app("Trains and imports adVAE models into a model repository.", "advae-trainer");
  app.require_subcommand(1);
  app.set_version_flag("--version", "advae-trainer " ADVAE_VERSION);
  Arguments arguments;
  AddTrainCommand(app, arguments);
  AddImportCommand(app, arguments);
  app.add_subcommand("worker", "Run one job for advae-server (not for use by hand)");
  try {
    // In reverse and without the program's name, as CLI11 wants them.
    const std::vector<std::string> arguments = RespellFlags(argc, argv, '_', '-');
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (app.got_subcommand("worker")) return Worker();
  if (app.got_subcommand("import")) return Offline(arguments.import, arguments.csv);
  return Offline(arguments.train, arguments.csv);
}

}  // namespace
}  // namespace advae

int main(int argc, char** argv) {
  try {
    return advae::Main(argc, argv);
  } catch (const std::exception& error) {  // such as a lack of memory
    std::cerr << "advae-trainer: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
