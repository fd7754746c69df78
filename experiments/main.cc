// advae-experiment: data sets x detectors x seeds, and how well each combination detects.

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <set>
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
#include "experiments/results_json.h"
#include "experiments/runner.h"
#include "model/base/flag_spelling.h"
#include "model/base/status_macros.h"
#include "model/distribution/score_distribution.h"
#include "proto/training_flags.h"

namespace advae {
namespace {

constexpr int kFailure = 1;
constexpr int kWrongUsage = 2;

constexpr char kFooter[] =
    R"(DIR has a NAME.train.csv and a NAME.test.csv for each data set, with the same columns; the test
file has also a column `label`, 1 for an anomaly. Every cell must be a finite number. Labels are not
used in training.

ADVAE is the default recipe, ADVAE_ROBUST the same with --contamination set to the share that was
reached, ADVAE_NETWORKS without a memory, VAE_MEMORY with VAEs beside the memory. KNN (mean distance
to 5 neighbours), LOF, IFOREST, OCSVM, GMM, PCA and KDE are scikit-learn's (Debian's package
python3-sklearn); with --missing, the median of its column stands in for a missing cell. Flags of hyper-parameters are for the detectors
that are objectives, such as ADVAE and VAE.

The alarms of each detector on normal test rows are compared with what alpha promises: with the
range that chance explains in 99 % of cases, given the numbers of training and test rows. Seconds
and rows a second are those of one core with --jobs=1 and an otherwise idle machine.

Results go to standard output, a line for each training to standard error. The exit code is 1 when
something could not be measured; the rest is printed all the same.

Examples:
  advae-experiment --data=datasets --detectors=ADVAE,KNN,LOF --seeds=1 --output=table
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
         "Mix these shares of anomalies, up to 0.5 and no row twice, into the training rows, and "
         "compare with none; half of the test file's are left out of the test for it")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 0.5));
  app.add_option("--missing", arguments.experiment.missing,
                 "Leave out this share of the cells, at random, of training and test rows")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--trimmed-share", arguments.detector_options.trimmed_share,
                 "Share of the training rows, those that score highest, to leave out of the "
                 "threshold")
      ->check(CLI::Range(0.0, 0.5))
      ->capture_default_str();
  app.add_option("--reference", arguments.detector_options.reference,
                 "Folder with NAME/{encoder,generator}.{safetensors,pt} for detector REFERENCE")
      ->type_name("DIR");
  app.add_option("--merge", arguments.merge,
                 "Add the results in this file, which this program wrote with --output=json")
      ->type_name("FILE");
  app.add_option("--output", arguments.output, "How results are written")
      ->check(CLI::IsMember({"json", "table", "markdown", "html"}))
      ->capture_default_str();
  AddHyperparameterFlags(app, &arguments.detector_options.hyperparameters);
}

absl::StatusOr<ExperimentResults> ReadResults(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  absl::StatusOr<ExperimentResults> results =
      ResultsFromJson({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()});
  if (results.ok()) return results;
  return absl::Status(results.status().code(),
                      absl::StrCat(path, ": ", results.status().message()));
}

std::vector<ExperimentLevel> RunLevels(const std::vector<DataSetFiles>& sets,
                                       ExperimentOptions options,
                                       const std::vector<double>& shares) {
  std::vector<ExperimentLevel> levels;
  if (shares.empty()) {
    levels.push_back({.results = RunExperiment(sets, options, std::cerr)});
    return levels;
  }
  std::set<double> ascending = {0};
  ascending.insert(shares.begin(), shares.end());
  for (const double share : ascending) {
    std::cerr << share * 100 << " % anomalies among the training rows\n";
    options.contamination = share;
    levels.push_back({.contamination = share, .results = RunExperiment(sets, options, std::cerr)});
  }
  return levels;
}

absl::StatusOr<std::vector<ExperimentLevel>> Run(Arguments& arguments) {
  std::vector<ExperimentLevel> levels(1);
  if (!arguments.data.empty()) {
    ADVAE_RETURN_IF_ERROR(ValidateAlpha(arguments.experiment.alpha));
    ADVAE_ASSIGN_OR_RETURN(const std::vector<DataSetFiles> sets,
                           FindDataSets(arguments.data, arguments.sets));
    ADVAE_ASSIGN_OR_RETURN(arguments.experiment.detectors,
                           FindDetectors(arguments.detectors, arguments.detector_options));
    levels = RunLevels(sets, arguments.experiment, arguments.contamination);
  }
  for (const std::string& path : arguments.merge) {
    ADVAE_ASSIGN_OR_RETURN(const ExperimentResults other, ReadResults(path));
    MergeResults(levels.front().results, other);
  }
  return levels;
}

bool HasFailures(const std::vector<ExperimentLevel>& levels) {
  return std::ranges::any_of(
      levels, [](const ExperimentLevel& level) { return !level.results.failures.empty(); });
}

// Of the terminal; unlimited where the output is none.
size_t OutputWidth() {
  winsize size = {};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : std::numeric_limits<size_t>::max();
}

std::string Written(const std::vector<ExperimentLevel>& levels, const std::string& format) {
  if (format == "table") return ToTable(levels, OutputWidth());
  if (format == "markdown") return ToMarkdown(levels);
  if (format == "html") return ToHtml(levels);
  return ResultsToJson(levels);
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
    // In reverse and without the program's name, as CLI11 wants them.
    const std::vector<std::string> words = RespellFlags(argc, argv, '_', '-');
    app.parse(std::vector<std::string>(words.rbegin(), words.rend() - 1));
    if (arguments.data.empty() && arguments.merge.empty()) {
      throw CLI::RequiredError("--data or --merge");
    }
    if (!arguments.contamination.empty() && !arguments.merge.empty()) {
      throw CLI::ExcludesError("--contamination", "--merge");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  const absl::StatusOr<std::vector<ExperimentLevel>> levels = Run(arguments);
  if (!levels.ok()) return Fail(levels.status());
  std::cout << Written(*levels, arguments.output);
  if (!std::cout.flush()) return Fail(absl::DataLossError("cannot write to standard output"));
  return HasFailures(*levels) ? kFailure : 0;
}

}  // namespace
}  // namespace advae

int main(int argc, char** argv) {
  try {
    return advae::Main(argc, argv);
  } catch (const std::exception& error) {  // such as a lack of memory
    std::cerr << "advae-experiment: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
