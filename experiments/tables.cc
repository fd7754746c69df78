#include "experiments/tables.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace advae {
namespace {

constexpr char kMissing[] = "-";

// The first column, and one for each detector.
ReportTable TableOf(const char* first, const std::vector<std::string>& detectors) {
  ReportTable table;
  table.columns.emplace_back(first);
  table.columns.insert(table.columns.end(), detectors.begin(), detectors.end());
  return table;
}

std::string Number(double value, const MeasureFormat& format) {
  return absl::StrFormat("%.*f", format.digits, value);
}

std::string Cell(const SetResult& set, const std::string& detector, const MeasureFormat& format,
                 bool with_deviation) {
  const DetectorResult* const result = set.Find(detector);
  if (result == nullptr || !result->at(format.measure)) return kMissing;
  const Summary value = *result->at(format.measure);
  std::string cell = Number(value.mean, format);
  if (with_deviation && value.deviation > 0) {
    absl::StrAppend(&cell, " ± ", Number(value.deviation, format));
  }
  return cell;
}

void AddMeanRow(ReportTable& table, const char* name, const ExperimentResults& results,
                const MeasureFormat& format) {
  std::vector<std::string>& row = table.rows.emplace_back(std::vector<std::string>{name});
  for (const std::string& detector : DetectorsOf(results)) {
    const std::optional<double> mean = MeanOverSets(results, detector, format.measure);
    row.push_back(mean ? Number(*mean, format) : kMissing);
  }
}

// With the share of anomalies that it reached, where some were asked for.
std::string NameOf(const SetResult& set) {
  if (!set.contamination) return set.name;
  return absl::StrFormat("%s (%.1f %%)", set.name, *set.contamination * 100);
}

TitledTable MeasureTable(const ExperimentResults& results, const MeasureFormat& format) {
  const std::vector<std::string> detectors = DetectorsOf(results);
  TitledTable titled{.title = format.title, .table = TableOf("set", detectors)};
  for (const SetResult& set : results.sets) {
    std::vector<std::string>& row = titled.table.rows.emplace_back();
    row.push_back(NameOf(set));
    for (const std::string& detector : detectors) {
      row.push_back(Cell(set, detector, format, /*with_deviation=*/true));
    }
  }
  AddMeanRow(titled.table, "mean", results, format);
  return titled;
}

std::string KeptAt(double alpha, const std::vector<PromiseSummary>& promises) {
  const auto found = std::ranges::find(promises, alpha, &PromiseSummary::alpha);
  if (found == promises.end() || found->sets == 0) return kMissing;
  return absl::StrFormat("%.3g of %d", found->inside, found->sets);
}

// The largest significance first.
void AddPromiseRows(ReportTable& table, const char* name, const ExperimentResults& results) {
  std::vector<std::vector<PromiseSummary>> promises;
  const std::vector<std::string> detectors = DetectorsOf(results);
  promises.reserve(detectors.size());
  for (const std::string& detector : detectors) {
    promises.push_back(SummarisePromises(results, detector));
  }
  for (size_t i = kPromisedAlphas; i-- > 0;) {
    const double alpha = kCalibrationAlphas[i];
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(absl::StrCat(name, alpha));
    for (const std::vector<PromiseSummary>& kept : promises) row.push_back(KeptAt(alpha, kept));
  }
}

}  // namespace

std::vector<TitledTable> MeasureTables(const ExperimentResults& results) {
  std::vector<TitledTable> tables;
  for (const MeasureFormat& format : kMeasures) tables.push_back(MeasureTable(results, format));
  return tables;
}

TitledTable PromiseTable(const ExperimentResults& results) {
  TitledTable titled{.title = "Sets whose alarms are within the 99 % band of alpha",
                     .table = TableOf("alpha", DetectorsOf(results))};
  AddPromiseRows(titled.table, "", results);
  return titled;
}

ReportTable OverviewTable(const ExperimentResults& results) {
  const MeasureFormat& precision = FormatOf(Measure::kAveragePrecision);
  const std::vector<std::string> detectors = DetectorsOf(results);
  ReportTable table = TableOf("average precision", detectors);
  for (const SetResult& set : results.sets) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(NameOf(set));
    for (const std::string& detector : detectors) {
      row.push_back(Cell(set, detector, precision, /*with_deviation=*/false));
    }
  }
  AddMeanRow(table, "mean", results, precision);
  AddPromiseRows(table, "alarms in band at ", results);
  AddMeanRow(table, "training, mean s", results, FormatOf(Measure::kTrainSeconds));
  AddMeanRow(table, "rows/s, mean", results, FormatOf(Measure::kRowsPerSecond));
  return table;
}

}  // namespace advae
