// advae-experiment: data sets x detectors x seeds, and how well each combination detects.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/data_folder.h"
#include "experiments/detectors.h"
#include "experiments/presentation.h"
#include "experiments/results.h"
#include "experiments/runner.h"
#include "model/base/status_macros.h"
#include "model/distribution/score_distribution.h"
#include "proto/training_flags.h"

namespace advae {
namespace {

constexpr int kFailure = 1;
constexpr int kWrongUsage = 2;

constexpr char kFooter[] =
    R"(DIR has a NAME.train.csv and a NAME.test.csv for each data set, with the same columns; the test
file has also a column `label`, 1 for an anomaly. Every cell must be a finite number. Labels reach
no training.

Results go to standard output, a line for each training to standard error. The exit code is 1 when
something could not be measured; the rest is printed all the same.

Examples:
  advae-experiment --data=datasets --output=markdown
  advae-experiment --data=datasets --sets=pump --detectors=ADVAE,VAE --seeds=3 --output=json
  advae-experiment --data=datasets --detectors=ADVAE --contamination=0.01,0.05,0.1
  advae-experiment --merge=peers.json --merge=advae.json --output=html >report.html)";

struct Arguments {
  std::string data;
  std::vector<std::string> sets;
  std::vector<std::string> detectors = {"ADVAE", "VAE", "AE"};
  DetectorOptions detector_options;
  ExperimentOptions experiment;
  std::vector<double> contamination;
  std::vector<std::string> merge;
  std::string output = "json";
};

void AddFlags(CLI::App& app, Arguments& arguments) {
  app.add_option("--data", arguments.data, "Folder with the data sets")->type_name("DIR");
  app.add_option("--sets", arguments.sets, "Names of the data sets to use (default: all)")
      ->delimiter(',');
  app.add_option("--detectors", arguments.detectors,
                 absl::StrCat("Some of ", absl::StrJoin(DetectorNames(), ", ")))
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--seeds", arguments.experiment.seeds, "Train with the seeds 1 to N")
      ->check(CLI::Range(1, 10000))
      ->type_name("N")
      ->capture_default_str();
  arguments.experiment.jobs = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  app.add_option("--jobs", arguments.experiment.jobs,
                 "Trainings at a time, a thread each; results do not depend on it (default: one a "
                 "core)")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  app.add_option("--alpha", arguments.experiment.alpha, "Significance of the verdicts, in (0, 1)")
      ->capture_default_str();
  app.add_option(
         "--contamination", arguments.contamination,
         "Mix these shares of anomalies into the training rows, up to 0.5, and compare with "
         "none")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 0.5));
  app.add_option("--trimmed-share", arguments.detector_options.trimmed_share,
                 "Share of the training rows, those that score highest, to leave out of the "
                 "threshold")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  app.add_option("--reference", arguments.detector_options.reference,
                 "Folder with NAME/{encoder,generator}.{safetensors,pt} for detector REFERENCE")
      ->type_name("DIR");
  app.add_option("--merge", arguments.merge,
                 "Add the results in this file, which this program or "
                 "tests/bench/peers/sklearn_detectors.py wrote")
      ->type_name("FILE");
  app.add_option("--output", arguments.output, "How results are written")
      ->check(CLI::IsMember({"json", "markdown", "html"}))
      ->capture_default_str();
  AddHyperparameterFlags(app, &arguments.detector_options.hyperparameters);
}

absl::Status MergeFile(const std::string& path, Json& results) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  absl::Status status = MergeResults(results, Json::parse(file, nullptr, false));
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

absl::StatusOr<Json> RunLevels(const std::vector<DataSetFiles>& sets, ExperimentOptions options,
                               const std::vector<double>& shares) {
  if (shares.empty()) return RunExperiment(sets, options, std::cerr);
  Json levels = Json::object();
  options.contamination = 0;
  levels["0"] = RunExperiment(sets, options, std::cerr);
  for (const double share : shares) {
    if (share == 0) continue;
    std::cerr << share * 100 << " % anomalies among the training rows\n";
    options.contamination = share;
    levels[absl::StrCat(share)] = RunExperiment(sets, options, std::cerr);
  }
  return Json{{"contamination", std::move(levels)}};
}

absl::StatusOr<Json> Run(Arguments& arguments) {
  Json results = {{"sets", Json::object()}, {"mean", Json::object()}};
  if (!arguments.data.empty()) {
    if (absl::Status status = ValidateAlpha(arguments.experiment.alpha); !status.ok()) {
      return status;
    }
    ADVAE_ASSIGN_OR_RETURN(const std::vector<DataSetFiles> sets,
                           FindDataSets(arguments.data, arguments.sets));
    for (const std::string& name : arguments.detectors) {
      ADVAE_ASSIGN_OR_RETURN(FitFunction fit, FindDetector(name, arguments.detector_options));
      arguments.experiment.detectors.push_back({.name = name, .fit = std::move(fit)});
    }
    ADVAE_ASSIGN_OR_RETURN(results, RunLevels(sets, arguments.experiment, arguments.contamination));
  }
  for (const std::string& path : arguments.merge) {
    ADVAE_RETURN_IF_ERROR(MergeFile(path, results));
  }
  return results;
}

bool HasFailures(const Json& results) {
  if (!results.contains("contamination")) return results.contains("failures");
  return std::ranges::any_of(results["contamination"], HasFailures);
}

int Fail(const absl::Status& status) {
  std::cerr << "advae-experiment: " << status.message() << '\n';
  return kFailure;
}

int Main(int argc, char** argv) {
  CLI::App app("Compares anomaly detectors on labelled data sets.", "advae-experiment");
  app.footer(kFooter);
  app.set_version_flag("--version", "advae-experiment " ADVAE_VERSION);
  Arguments arguments;
  AddFlags(app, arguments);
  try {
    app.parse(argc, argv);
    if (arguments.data.empty() && arguments.merge.empty()) {
      throw CLI::RequiredError("--data or --merge");
    }
    if (!arguments.contamination.empty() && !arguments.merge.empty()) {
      throw CLI::ExcludesError("--contamination", "--merge");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  const absl::StatusOr<Json> results = Run(arguments);
  if (!results.ok()) return Fail(results.status());
  if (arguments.output == "markdown") {
    std::cout << ToMarkdown(*results);
  } else if (arguments.output == "html") {
    std::cout << ToHtml(*results);
  } else {
    std::cout << results->dump(2) << '\n';
  }
  if (!std::cout.flush()) return Fail(absl::DataLossError("cannot write to standard output"));
  return HasFailures(*results) ? kFailure : 0;
}

}  // namespace
}  // namespace advae

int main(int argc, char** argv) { return advae::Main(argc, argv); }
