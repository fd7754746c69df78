#include "experiments/tables.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace advae {
namespace {

struct Measure {
  const char* key;
  const char* title;
  int digits;
};

constexpr Measure kMeasures[] = {
    {"average_precision", "Average precision", 3},
    {"roc_auc", "ROC AUC", 3},
    {"precision", "Precision at the threshold", 3},
    {"recall", "Recall at the threshold", 3},
    {"f1", "F1 at the threshold", 3},
    {"false_alarm_rate", "False alarms: share of the normal test rows", 3},
    {"train_seconds", "Seconds of training", 1},
};

std::vector<std::string> DetectorRow(const Json& results, const std::string& detector,
                                     const Measure& measure) {
  std::vector<std::string> cells = {detector};
  double sum = 0;
  size_t measured = 0;
  for (const Json& detectors : results["sets"]) {
    if (!detectors.contains(detector) || !detectors[detector].contains(measure.key)) {
      cells.emplace_back("-");
      continue;
    }
    const Json& value = detectors[detector][measure.key];
    const double mean = value["mean"].get<double>();
    cells.push_back(absl::StrFormat("%.*f ± %.*f", measure.digits, mean, measure.digits,
                                    value["std"].get<double>()));
    sum += mean;
    ++measured;
  }
  const size_t sets = results["sets"].size();
  cells.push_back(measured == sets
                      ? absl::StrFormat("%.*f", measure.digits, sum / static_cast<double>(sets))
                      : "-");
  return cells;
}

}  // namespace

std::vector<std::string> DetectorsOf(const Json& results) {
  std::vector<std::string> names;
  for (const Json& detectors : results["sets"]) {
    for (const auto& [name, record] : detectors.items()) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::vector<TitledTable> ResultTables(const Json& results) {
  std::vector<std::string> columns = {"detector"};
  for (const auto& [set, detectors] : results["sets"].items()) columns.push_back(set);
  columns.emplace_back("mean");
  std::vector<TitledTable> tables;
  for (const Measure& measure : kMeasures) {
    ReportTable table{.columns = columns, .rows = {}};
    for (const std::string& detector : DetectorsOf(results)) {
      table.rows.push_back(DetectorRow(results, detector, measure));
    }
    tables.push_back({.title = measure.title, .table = std::move(table)});
  }
  return tables;
}

}  // namespace advae
