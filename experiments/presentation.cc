#include "experiments/presentation.h"

#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/tables.h"
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

std::string ResultsToMarkdown(const Json& results) {
  std::string text;
  for (const TitledTable& titled : ResultTables(results)) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", "**", titled.title, "**\n\n",
                    TableToMarkdown(titled.table));
  }
  return text;
}

// "0.05" becomes "5 %".
std::string Percent(const std::string& share) {
  return absl::StrCat(std::atof(share.c_str()) * 100, " %");
}

BarChart PrecisionChart(const Json& results) {
  BarChart chart{.title = "Average precision, mean over the seeds", .y_label = "average precision"};
  for (const auto& [set, detectors] : results["sets"].items()) chart.groups.push_back(set);
  for (const std::string& detector : DetectorsOf(results)) {
    std::vector<std::optional<double>> values;
    for (const Json& detectors : results["sets"]) {
      values.push_back(
          detectors.contains(detector)
              ? std::optional(detectors[detector]["average_precision"]["mean"].get<double>())
              : std::nullopt);
    }
    chart.series.emplace_back(detector, std::move(values));
  }
  return chart;
}

LineChart SetCalibrationChart(const std::string& set, const Json& detectors) {
  std::vector<ChartLine> lines;
  for (const auto& [detector, record] : detectors.items()) {
    if (!record.contains("calibration")) continue;
    ChartLine line{.name = detector, .points = {{0, 0}}};
    for (const auto& [alpha, share] : record["calibration"].items()) {
      line.points.emplace_back(std::atof(alpha.c_str()), share["mean"].get<double>());
    }
    lines.push_back(std::move(line));
  }
  return CalibrationChart(absl::StrCat(set, ": share of normal test rows with p ≤ alpha"),
                          std::move(lines), /*min=*/0, kCalibrationAlphas.back());
}

void AddResults(ReportPage& page, const std::string& prefix, const Json& results) {
  for (const TitledTable& titled : ResultTables(results)) {
    page.BeginSection(prefix + titled.title);
    page.Add(titled.table);
    if (titled.title == "Average precision") page.Add(PrecisionChart(results));
  }
  page.BeginSection(prefix + "Calibration",
                    "How many normal rows would be called anomalous at each significance, against "
                    "what alpha promises.");
  for (const auto& [set, detectors] : results["sets"].items()) {
    page.Add(SetCalibrationChart(set, detectors));
  }
}

// Average precision and false alarms of each detector against the share of anomalies.
void AddContaminationCharts(ReportPage& page, const Json& levels) {
  page.BeginSection("Contamination",
                    "What anomalies among the training rows do, mean over the sets.");
  for (const auto& [key, title] : {std::pair("average_precision", "Average precision"),
                                   std::pair("false_alarm_rate", "False alarms")}) {
    LineChart chart{.title = title, .x_label = "share of anomalies", .y_label = title};
    for (const std::string& detector : DetectorsOf(levels.front())) {
      ChartLine line{.name = detector, .points = {}};
      for (const auto& [share, results] : levels.items()) {
        double sum = 0;
        size_t sets = 0;
        for (const Json& detectors : results["sets"]) {
          if (!detectors.contains(detector)) continue;
          sum += detectors[detector][key]["mean"].get<double>();
          ++sets;
        }
        if (sets != results["sets"].size()) continue;
        line.points.emplace_back(std::atof(share.c_str()), sum / static_cast<double>(sets));
      }
      chart.lines.push_back(std::move(line));
    }
    page.Add(chart);
  }
}

}  // namespace

std::string ToMarkdown(const Json& results) {
  if (!results.contains("contamination")) return ResultsToMarkdown(results);
  std::string text;
  for (const auto& [share, level] : results["contamination"].items()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", "### ", Percent(share),
                    " anomalies among the training rows\n\n", ResultsToMarkdown(level));
  }
  return text;
}

std::string ToHtml(const Json& results) {
  ReportPage page("Anomaly detectors compared",
                  "Trained without labels, measured on labelled test rows; mean ± standard "
                  "deviation over the seeds.");
  if (!results.contains("contamination")) {
    AddResults(page, "", results);
  } else {
    AddContaminationCharts(page, results["contamination"]);
    for (const auto& [share, level] : results["contamination"].items()) {
      AddResults(page, Percent(share) + " anomalies: ", level);
    }
  }
  return page.ToHtml();
}

}  // namespace advae
