#include "experiments/presentation.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/tables.h"
#include "experiments/text_table.h"
#include "report/charts.h"
#include "report/report_page.h"

namespace advae {
namespace {

std::string TableToMarkdown(const ReportTable& table) {
  std::string text = absl::StrCat("| ", absl::StrJoin(table.columns, " | "), " |\n|");
  for (size_t i = 0; i < table.columns.size(); ++i) text += " --- |";
  for (const std::vector<std::string>& row : table.rows) {
    absl::StrAppend(&text, "\n| ", absl::StrJoin(row, " | "), " |");
  }
  return text + "\n";
}

// All but the overview.
std::vector<TitledTable> AllTables(const ExperimentResults& results) {
  std::vector<TitledTable> tables = MeasureTables(results);
  tables.push_back(PromiseTable(results));
  return tables;
}

std::string ResultsToMarkdown(const ExperimentResults& results) {
  std::string text;
  for (const TitledTable& titled : AllTables(results)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", "**", titled.title, "**\n\n",
                    TableToMarkdown(titled.table));
  }
  return text;
}

// "5 % anomalies", for a level with contamination.
std::string LevelName(const ExperimentLevel& level) {
  return absl::StrCat(*level.contamination * 100, " % anomalies");
}

BarChart PrecisionChart(const ExperimentResults& results) {
  BarChart chart{.title = "Average precision, mean over the seeds", .y_label = "average precision"};
  for (const SetResult& set : results.sets) chart.groups.push_back(set.name);
  for (const std::string& detector : DetectorsOf(results)) {
    std::vector<std::optional<double>> values;
    for (const SetResult& set : results.sets) {
      const DetectorResult* const result = set.Find(detector);
      values.push_back(result == nullptr
                           ? std::nullopt
                           : std::optional(result->at(Measure::kAveragePrecision)->mean));
    }
    chart.series.emplace_back(detector, std::move(values));
  }
  return chart;
}

LineChart SetCalibrationChart(const SetResult& set) {
  std::vector<ChartLine> lines;
  for (const DetectorResult& detector : set.detectors) {
    if (detector.alarms.empty()) continue;
    ChartLine line{.name = detector.name, .points = {{0, 0}}};
    for (const AlarmRecord& record : detector.alarms) {
      line.points.emplace_back(record.alpha, record.observed.mean);
    }
    lines.push_back(std::move(line));
  }
  return CalibrationChart(
      absl::StrCat(set.name, ": share of the normal test rows called anomalous"), std::move(lines),
      /*min=*/0, kCalibrationAlphas.back());
}

void AddResults(ReportPage& page, const std::string& prefix, const ExperimentResults& results) {
  for (const TitledTable& titled : MeasureTables(results)) {
    page.BeginSection(prefix + titled.title);
    page.Add(titled.table);
    if (titled.title == FormatOf(Measure::kAveragePrecision).title) {
      page.Add(PrecisionChart(results));
    }
  }
  page.BeginSection(prefix + "Calibration",
                    "How many normal rows would be called anomalous at each significance, against "
                    "what alpha promises; and how many sets keep it, of those with enough rows to "
                    "tell.");
  page.Add(PromiseTable(results).table);
  for (const SetResult& set : results.sets) page.Add(SetCalibrationChart(set));
}

// Average precision and false alarms of each detector against the share of anomalies.
void AddContaminationCharts(ReportPage& page, const std::vector<ExperimentLevel>& levels) {
  page.BeginSection("Contamination",
                    "What anomalies among the training rows do, mean over the sets.");
  for (const auto& [measure, title] : {std::pair(Measure::kAveragePrecision, "Average precision"),
                                       std::pair(Measure::kFalseAlarmRate, "False alarms")}) {
    LineChart chart{.title = title, .x_label = "share of anomalies asked for", .y_label = title};
    for (const std::string& detector : DetectorsOf(levels.front().results)) {
      ChartLine line{.name = detector, .points = {}};
      for (const ExperimentLevel& level : levels) {
        const std::optional<double> mean = MeanOverSets(level.results, detector, measure);
        if (mean) line.points.emplace_back(*level.contamination, *mean);
      }
      chart.lines.push_back(std::move(line));
    }
    page.Add(chart);
  }
}

}  // namespace

std::string ToTable(const std::vector<ExperimentLevel>& levels, size_t width) {
  std::string text;
  for (const ExperimentLevel& level : levels) {
    if (level.contamination) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", LevelName(level),
                      " among the training rows\n\n");
    }
    text += ToText(OverviewTable(level.results), width);
  }
  return text;
}

std::string ToMarkdown(const std::vector<ExperimentLevel>& levels) {
  std::string text;
  for (const ExperimentLevel& level : levels) {
    if (level.contamination) {
      absl::StrAppend(&text, text.empty() ? "" : "\n", "### ", LevelName(level),
                      " among the training rows\n\n");
    }
    text += ResultsToMarkdown(level.results);
  }
  return text;
}

std::string ToHtml(const std::vector<ExperimentLevel>& levels) {
  ReportPage page("Anomaly detectors compared",
                  "Trained without labels, measured on labelled test rows; mean ± standard "
                  "deviation over the seeds.");
  if (levels.front().contamination) AddContaminationCharts(page, levels);
  for (const ExperimentLevel& level : levels) {
    AddResults(page, level.contamination ? LevelName(level) + ": " : "", level.results);
  }
  return page.ToHtml();
}

}  // namespace advae
