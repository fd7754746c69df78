#include "client/cli/report/evaluate_report.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/report/false_alarms.h"
#include "client/cli/report/report_sections.h"
#include "client/cli/report/row_charts.h"
#include "model/base/status_macros.h"
#include "model/data/evaluation.h"

namespace advae {
namespace {

ReportTable MeasuresTable(const Json& measures) {
  ReportTable table{.columns = {"measure", "value"}};
  for (const auto& [name, value] : measures.items()) {
    table.rows.push_back({name, value.is_null()           ? "-"
                                : value.is_number_float() ? Short(value.get<double>())
                                                          : value.dump()});
  }
  return table;
}

ReportTable VerdictsTable(const VerdictQuality& quality) {
  return {.columns = {"label", "called normal", "called anomalous"},
          .rows = {{"normal", absl::StrCat(quality.true_negatives),
                    absl::StrCat(quality.false_positives)},
                   {"anomaly", absl::StrCat(quality.false_negatives),
                    absl::StrCat(quality.true_positives)}}};
}

absl::Status AddRanking(const ScoredRows& rows, const VerdictQuality& quality, ReportPage& page) {
  const auto anomalies = static_cast<double>(quality.true_positives + quality.false_negatives);
  const auto normal = static_cast<double>(quality.true_negatives + quality.false_positives);
  if (anomalies == 0 || normal == 0) {
    page.BeginSection("Ranking", "A ranking can be rated where there are rows of both kinds.");
    return absl::OkStatus();
  }
  ADVAE_ASSIGN_OR_RETURN(const RankingCurves curves,
                         CalculateRankingCurves(rows.scores, rows.labels));
  page.BeginSection("Ranking", "How other thresholds would do on these scores.");
  page.Add(RocChart(curves.roc, {quality.false_alarm_rate(), quality.recall()}));
  page.Add(PrecisionRecallChart(curves.precision_recall, {quality.recall(), quality.precision()},
                                anomalies / (anomalies + normal)));
  return absl::OkStatus();
}

absl::Status AddScores(const ScoredRows& rows, std::vector<ChartPoint> cdf,
                       const NormalVerdicts& verdicts, ReportPage& page) {
  std::vector<ScoreGroup> groups = {{.name = "normal rows", .scores = {}},
                                    {.name = "anomalies", .scores = {}}};
  std::vector<double> normal_p_values;
  for (size_t i = 0; i < rows.scores.size(); ++i) {
    if (std::isfinite(rows.scores[i])) {
      groups[rows.labels[i] ? 1 : 0].scores.push_back(rows.scores[i]);
    }
    if (!rows.labels[i]) normal_p_values.push_back(rows.p_values[i]);
  }
  page.BeginSection(
      "Scores and calibration",
      "P-values and thresholds come from the density of the training scores. If "
      "normal rows follow it, a share alpha of them is called anomalous. Rows that "
      "are not finite are left out of the histogram and have the p-value 0. As training "
      "and test rows are only so many, chance moves the number of false alarms: 99 "
      "of 100 times it lies in the range that the table has and the dashed lines "
      "enclose, if normal rows are like the training rows.");
  std::erase_if(groups, [](const ScoreGroup& group) { return group.scores.empty(); });
  page.Add(ScoresByRow(rows));
  page.Add(ScoreChart({.groups = std::move(groups),
                       .training_cdf = std::move(cdf),
                       .threshold = rows.threshold,
                       .alpha = rows.alpha}));
  if (normal_p_values.empty()) return absl::OkStatus();
  ChartLine alarms = AlarmLine("normal rows", normal_p_values);
  const double smallest = alarms.points.front().first;
  ADVAE_ASSIGN_OR_RETURN(std::vector<ChartLine> lines, AlarmBandLines(verdicts, alarms));
  const double alarm_rate =
      static_cast<double>(verdicts.alarms) / static_cast<double>(verdicts.rows);
  lines.insert(lines.begin(), {std::move(alarms),
                               {.name = "alpha in force", .points = {{rows.alpha, alarm_rate}}}});
  page.Add(CalibrationChart("Calibration: share of the normal rows with p ≤ alpha",
                            std::move(lines), smallest, 1));
  ADVAE_ASSIGN_OR_RETURN(const ReportTable table,
                         FalseAlarmTable(verdicts, std::move(normal_p_values)));
  page.Add(table);
  return absl::OkStatus();
}

// Returns the rows with their explanations.
absl::StatusOr<std::vector<ScoredRow>> AddRows(Client& client, const v1::ScoreRequest& settings,
                                               const std::string& heading, const std::string& text,
                                               const NotableRows& notable,
                                               const std::vector<std::string>& key_names,
                                               ReportPage& page) {
  std::vector<ScoredRow> rows = notable.Sorted();
  page.BeginSection(heading, rows.empty() ? "There are none." : text);
  if (rows.empty()) return rows;
  ADVAE_RETURN_IF_ERROR(ExplainRows(client, settings, rows));
  page.Add(RowsTable(rows, key_names));
  return rows;
}

void AddFeatures(const std::vector<ScoredRow>& odd, const std::vector<ScoredRow>& sample,
                 ReportPage& page) {
  const std::vector<LineChart> charts = FeatureCharts(odd, sample);
  if (charts.empty()) return;
  page.BeginSection(
      "Features of the most anomalous rows",
      absl::StrCat("Values in ", sample.size(),
                   " of the rows, drawn at random, and in those of the most anomalous "
                   "rows whose score they have a large share in, beside what the "
                   "model expected there. The features with the largest shares come "
                   "first; only numbers are shown."));
  for (const LineChart& chart : charts) page.Add(chart);
}

}  // namespace

absl::Status EvaluationRows::AddTo(Client& client, const v1::ScoreRequest& settings,
                                   const std::vector<std::string>& key_names,
                                   ReportPage& page) const {
  ADVAE_ASSIGN_OR_RETURN(const std::vector<ScoredRow> odd,
                         AddRows(client, settings, "Most anomalous rows", kRowsTableText,
                                 most_anomalous_, key_names, page));
  AddFeatures(odd, sample_.Sorted(), page);
  ADVAE_RETURN_IF_ERROR(
      AddRows(client, settings, "False alarms",
              "Rows labelled normal that were called anomalous; highest scores first.",
              false_alarms_, key_names, page)
          .status());
  return AddRows(client, settings, "Missed anomalies",
                 "Rows labelled anomalous that were called normal; lowest scores first.", missed_,
                 key_names, page)
      .status();
}

absl::StatusOr<ReportPage> EvaluateReport(const FinishedEvaluation& evaluation, Session& session) {
  const v1::VersionInfo& version = evaluation.version;
  const ScoredRows& rows = evaluation.rows;
  ADVAE_ASSIGN_OR_RETURN(std::vector<ChartPoint> cdf, TrainingCdf(session.client, version));
  const VerdictQuality quality = EvaluateVerdicts(rows.anomalies, rows.labels);

  ReportPage page(absl::StrCat("Evaluation of ", version.model(), ", version ", version.version()),
                  absl::StrCat(rows.scores.size(), " labelled rows; threshold ",
                               Short(rows.threshold), " at alpha = ", Short(rows.alpha), "."));
  page.BeginSection("Measures",
                    "Average precision and ROC AUC rate the ranking by score; the other figures "
                    "rate the verdicts at the threshold.");
  page.Add(MeasuresTable(evaluation.measures));
  page.Add(VerdictsTable(quality));
  ADVAE_RETURN_IF_ERROR(AddRanking(rows, quality, page));
  ADVAE_RETURN_IF_ERROR(AddScores(rows, std::move(cdf),
                                  {.alpha = rows.alpha,
                                   .rows = quality.true_negatives + quality.false_positives,
                                   .alarms = quality.false_positives,
                                   .training_scores = evaluation.training_scores},
                                  page));
  ADVAE_RETURN_IF_ERROR(
      evaluation.shown.AddTo(session.client, evaluation.settings, evaluation.key_names, page));
  AddSchema(version, page);
  AddProvenance(version, evaluation.data, session, page);
  return page;
}

}  // namespace advae
